# Filled by the packaging work: export of all folder targets as c2c::c2c.
