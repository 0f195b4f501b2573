#include "c2c/eval/results/report_sections.h"

namespace c2c::results {

const char* const kReportStyle = R"css(
:root { color-scheme: light dark; --paper: #fff; --ink: #1d2127; --soft: #5b626d; --line: #dfe2e7; --raised: #f6f7f9;
  --accent: #2f6fde; --pale: #a9c4f2; --grey: #8a8f98; --good: #20733f; --bad: #a8322a; }
@media (prefers-color-scheme: dark) { :root { --paper: #15181c; --ink: #e4e7eb; --soft: #9aa2ad; --line: #2e343c;
  --raised: #1d2126; --accent: #6c9cf0; --pale: #3a557f; --grey: #7c838d; --good: #69c08a; --bad: #e58a82; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
header, main { max-width: 1120px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 32px; }
h1 { font-size: 24px; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 0 0 12px; }
h4 { font-size: 13px; margin: 16px 0 4px; color: var(--soft); }
section { margin: 32px 0; padding-top: 20px; border-top: 1px solid var(--line); }
.hint, .tally { color: var(--soft); margin: 4px 0 12px; font-size: 13px; }
.wide { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 7px 14px; border-bottom: 1px solid var(--line); white-space: nowrap; vertical-align: top; }
th { font-weight: 600; }
tbody th { text-align: left; font-weight: 500; }
thead th { vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; }
table.main tr > :first-child { position: sticky; left: 0; background: var(--paper); padding-left: 0;
  min-width: 84px; max-width: 34vw; white-space: normal; overflow-wrap: break-word; }
.method, .interval { display: block; font-weight: 400; font-size: 12px; color: var(--soft); }
.norm { margin-top: 4px; font-size: 12px; color: var(--soft); }
.norm b { font-weight: 500; } .norm .interval { display: inline; margin-left: 4px; }
b:has(> sup) { position: relative; } sup { position: absolute; left: calc(100% + 1px); top: .15em; color: var(--accent); font-weight: 600; line-height: 1; }
.chance td, .chance th, .none { color: var(--soft); font-weight: 400; }
.notes { padding-left: 18px; color: var(--soft); font-size: 13px; } .notes li { margin: 3px 0; overflow-wrap: anywhere; }
table.plain { font-size: 13px; } table.plain th, table.plain td { padding: 5px 10px; }
table.plain td:first-child, table.plain th:first-child { padding-left: 0; }
#latency thead th { white-space: normal; } #latency tbody th { white-space: normal; min-width: 96px; }
tr.task td { color: var(--soft); padding-top: 14px; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 320px), 1fr)); gap: 24px 32px; }
figure { margin: 0; }
svg.chart { max-width: 100%; height: auto; display: block; font-size: 12px; }
.g0 { fill: var(--grey); } .g1 { fill: var(--accent); } .g2 { fill: var(--pale); }
svg .title { font-size: 13px; }
.controls { display: flex; flex-wrap: wrap; gap: 10px 16px; margin-bottom: 14px; }
label { font-size: 12px; color: var(--soft); display: flex; flex-direction: column; gap: 3px; min-width: 0; }
select, input, button { font: inherit; font-size: 14px; color: var(--ink); background: var(--paper); border: 1px solid var(--line);
  border-radius: 6px; padding: 6px 9px; max-width: 100%; }
button { cursor: pointer; } button:disabled { color: var(--soft); cursor: default; opacity: .6; }
button:hover:enabled, select:hover, input:hover { border-color: var(--grey); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.venn { display: flex; flex-wrap: wrap; gap: 16px 40px; align-items: center; }
.venn figure { flex: 0 1 360px; }
.region { cursor: pointer; fill: var(--accent); } .region[data-region="0"] { fill: var(--grey); }
.region:hover, .region.chosen { fill-opacity: .72; } .region[data-region="0"]:hover, .region[data-region="0"].chosen { fill-opacity: .25; }
.region:focus-visible { outline: none; fill-opacity: .72; }
#venn-list { display: grid; gap: 4px; } #venn-list button { display: flex; justify-content: space-between; gap: 20px; text-align: left; padding: 4px 10px; font-size: 13px; }
#venn-list button[aria-pressed="true"], #sample-region { border-color: var(--accent); color: var(--accent); }
.card { border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; margin-bottom: 14px; }
.card > .id { font-size: 12px; color: var(--soft); overflow-wrap: anywhere; }
.question { white-space: pre-wrap; overflow-wrap: anywhere; margin: 4px 0 8px; }
.options { list-style: none; padding: 0; margin: 0 0 10px; font-size: 14px; } .options li { overflow-wrap: anywhere; }
.options .right { color: var(--good); font-weight: 600; }
.answer { display: grid; grid-template-columns: minmax(110px, 190px) 84px minmax(0, 1fr); gap: 4px 14px; padding: 8px 0; border-top: 1px solid var(--line); }
.answer .system { font-weight: 500; overflow-wrap: anywhere; }
.verdict { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; } .verdict.yes { color: var(--good); } .verdict.no { color: var(--bad); }
.said { min-width: 0; } .reply { white-space: pre-wrap; overflow-wrap: anywhere; }
.scores { font-size: 12.5px; color: var(--soft); font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.more { border: 0; padding: 0 4px; color: var(--accent); background: none; font-size: 13px; }
.error { color: var(--bad); overflow-wrap: anywhere; }
details { font-size: 13px; } summary { color: var(--soft); cursor: pointer; }
#provenance details { margin-bottom: 8px; } #provenance summary { color: var(--ink); font-size: 14px; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--raised); border-radius: 6px; padding: 10px 12px; margin: 6px 0;
  font: 12.5px/1.45 ui-monospace, "SF Mono", Menlo, Consolas, monospace; max-height: 420px; overflow: auto; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 14px; margin: 8px 0; } dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.pages { display: flex; align-items: center; gap: 14px; font-size: 13px; color: var(--soft); }
[hidden] { display: none !important; }
@media (max-width: 640px) {
  header, main { padding-left: 16px; padding-right: 16px; }
  header { padding-top: 20px; } section { margin: 24px 0; padding-top: 16px; }
  th, td { padding: 7px 9px; }
  .controls label { flex: 1 1 44%; } .controls select, .controls input { width: 100%; }
  .answer { grid-template-columns: minmax(0, 1fr) auto; } .said { grid-column: 1 / -1; }
  .card { padding: 12px; }
}
)css";

}  // namespace c2c::results
