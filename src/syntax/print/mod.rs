//! The syntax tree as text: KQL on one line, which [`format`](super::format()) breaks into lines.
//!
//! Every node has [`Display`](std::fmt::Display). The text reads as the tree that was printed: literals and operators as they
//! were written, names in brackets where they are no plain words, parentheses where the tree has them and where operands
//! would be taken apart without. A tree of any depth is printed without recursion. It must not know what names mean.

mod expression;
mod graph;
mod line;
mod literal;
mod name;
mod operand;
mod operator;
mod parts;
mod rows;
mod source;
mod statement;
mod subquery;

use std::fmt;

use super::ast;
use line::one_line;
pub(crate) use name::written_name;
pub(in crate::syntax) use parts::{Print, PrintPart, PrintParts};

/// The canonical text of a query, on one line.
///
/// Of a tree that was read without errors, the text reads as an equal tree. Comments are not in the tree and not in the
/// text; strings that hold line breaks keep them. What is missing in a tree prints as nothing.
///
/// ```
/// use kqlite::syntax::{ast, format, parse};
///
/// let mut tree = parse("Logons|where Failures>5 and user=='ann'").tree;
/// let Some(ast::Statement::Expression(ast::Expression::Pipe(pipe))) = tree.statements.first_mut() else { panic!() };
/// let Some(ast::Expression::Name(table)) = &mut pipe.source else { panic!() };
/// table.text = "Failed Logons".to_owned();
/// assert_eq!(tree.to_string(), "['Failed Logons'] | where Failures > 5 and user == 'ann'");
/// assert_eq!(
///     format(&tree.to_string()).unwrap(),
///     "['Failed Logons']\n| where Failures > 5 and user == 'ann'\n"
/// );
/// ```
impl fmt::Display for ast::QueryBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&one_line(self))
    }
}

macro_rules! display {
    ($($node:ident,)*) => {
        $(impl fmt::Display for ast::$node {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&one_line(self))
            }
        })*
    };
}

display! {
    AliasStatement, BetweenExpression, BinaryExpression, ContextualDataTableExpression, DataScopeExpression,
    DataTableExpression, DynamicLiteral, DynamicValue, ElementExpression, EntityGroupExpression, EvaluateSchema,
    Expression, ExternalDataExpression, FindColumn, ForkBranch, FunctionCall, FunctionDeclaration, FunctionParameter,
    GraphPattern, GraphToTableOutput, InExpression, JoinCondition, LetStatement, LetValue, Literal, LogicalExpression,
    MakeSeriesRange, MaterializedViewCombineExpression, MvExpandColumn, Name, NameAndType, NamedExpression,
    NamedParameter, OrderedExpression, ParameterType, ParenExpression, ParsePart, PathExpression, PathFormatPart,
    PatternDefinition, PatternMatch, PatternStatement, PipeExpression, QueryOperator, QueryParametersStatement,
    ReorderColumn, RestrictStatement, ScanStep, SetOptionStatement, Statement, TopNestedClause, TypeName, TypeOf,
    TypeOfLiteral, UnaryExpression,
}
