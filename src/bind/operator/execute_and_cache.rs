//! Binds `__executeAndCache`: the rows pass.

use super::super::binder::Binder;
use super::super::scope::Rows;
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast;

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "__executeAndCache",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Lets the rows pass.",
    syntax: &["T | __executeAndCache"],
    parameters: &[ParameterInfo::INPUT],
    remarks: &[
        "Microsoft's parser knows the operator, its pages do not. kqlite takes it for a hint and keeps nothing.",
    ],
    examples: &[TableExample { query: "print x = 1 | __executeAndCache", result: "x:long\n[1]" }],
};

impl Binder<'_> {
    pub(in crate::bind) fn bind_execute_and_cache(&self, _: &ast::BareOperator, rows: Rows) -> Rows {
        rows
    }
}
