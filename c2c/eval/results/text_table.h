// Tables as texts: aligned, Markdown, CSV.
#pragma once
#include <string>
#include <vector>

#include "c2c/eval/results/summary.h"

namespace c2c::results {

using TextRows = std::vector<std::vector<std::string>>;  // the first is the heading; all of one length

std::string draw_table(TextRows rows, TableStyle style);
// What stands in a Markdown cell must not end it, nor a line.
std::string markdown_text(const std::string& text);
// As Python's csv module: quotes only where needed.
std::string csv_field(const std::string& text);

// "54.5 [47.5, 61.5] *": the score with its interval, in percent or nats per token, and the mark of the notes.
std::string cell_text(const Summary& summary, const CellSummary& cell);
// What brackets and marks mean, for the marks that are there.
std::vector<std::string> table_legend(const Summary& summary);

}  // namespace c2c::results
