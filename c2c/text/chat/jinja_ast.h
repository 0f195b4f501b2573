// The syntax tree of a template.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "c2c/text/chat/jinja_value.h"

namespace c2c::jinja {

enum class ExprKind {
  kConstant,         // value
  kName,             // name
  kNamespaceTarget,  // name.attribute, only as the target of a set: name, value (the attribute)
  kList,             // items
  kTuple,            // items
  kDict,             // items: key, value, key, value, ...
  kAttribute,        // items[0].name
  kItem,             // items[0][items[1]]
  kSlice,            // as the index of kItem: items = start, stop, step, each may be null
  kCall,             // items[0](arguments)
  kFilter,           // items[0] | name(arguments); items[0] is null at the head of a filter block
  kTest,             // items[0] is name(arguments)
  kNot,              // items[0]
  kNegate,
  kPlus,
  kBinary,   // items[0] name items[1], name: + - * / // % **
  kCompare,  // items[0] operators[0] items[1] operators[1] items[2] ...
  kConcat,   // items joined as text
  kAnd,
  kOr,
  kIf,  // items: condition, then, otherwise (may be null)
};

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

struct Expr {
  ExprKind kind;
  std::size_t offset;  // in the source, for messages
  int depth = 1;       // of the tree below
  std::string name;
  Value value;
  std::vector<ExprPtr> items;  // operands; of calls, filters and tests: the callee or input, then the arguments
  std::vector<std::string> operators;
  std::vector<std::pair<std::string, ExprPtr>> named;  // keyword arguments
  ExprPtr more, more_named;                            // *arguments, **arguments
};

enum class StatementKind {
  kText,         // text
  kPrint,        // expr
  kFor,          // target in expr if test: body, else_body
  kIf,           // branches, else_body
  kSet,          // target = expr
  kSetBlock,     // target = body, through the filters of expr (may be null)
  kMacro,        // text (name), signature, body
  kCallBlock,    // expr (a call), signature of caller(), body
  kFilterBlock,  // body through the filters of expr
  kWith,         // signature (names and values), body
  kScope,        // body: {% generation %}
  kBreak,
  kContinue,
};

struct Statement;
using Body = std::vector<std::unique_ptr<Statement>>;

struct Signature {
  std::vector<ExprPtr> targets;   // of a macro: kName
  std::vector<ExprPtr> defaults;  // of the last targets; of a with: one per target
  bool takes_more = false, takes_more_named = false, takes_caller = false;  // varargs, kwargs, caller are used
};

struct Branch {
  ExprPtr test;
  Body body;
};

struct Statement {
  StatementKind kind;
  std::size_t offset;
  std::string text;
  ExprPtr target, expr, test;
  Body body, else_body;
  std::vector<Branch> branches;
  Signature signature;
  bool recursive = false;
};

}  // namespace c2c::jinja
