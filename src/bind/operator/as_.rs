//! Binds `as`. It must not know other operators.

use super::super::binder::Binder;
use super::super::scope::{Env, Local, Rows};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast;

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "as",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Gives the rows so far a name, which the rest of the query can use.",
    syntax: &["T | as [hint.materialized=(true | false)] Name"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required(
            "Name",
            "The name. It stands for the rows in everything that follows in the query.",
        ),
    ],
    remarks: &[
        "It is a let in the middle of a pipeline: the right side of a join may read the rows that come in from the left.",
        "union writes the name into its withsource column.",
        "kqlite computes the named rows once. Kusto computes them again at each use unless hint.materialized is true, \
         which shows where they depend on rand() or new_guid().",
    ],
    examples: &[
        TableExample {
            query: r"range x from 1 to 2 step 1
| as Small
| union withsource=Source (range x from 8 to 9 step 1 | as Large)",
            result: r#"Source:string, x:long
["Small",1]
["Small",2]
["Large",8]
["Large",9]"#,
        },
        TableExample {
            query: r"datatable (User: string, Action: string) [
    'ann', 'logon',
    'ann', 'logoff',
    'bob', 'logon',
]
| as Events
| where Action == 'logon'
| join kind=leftanti (Events | where Action == 'logoff') on User",
            result: r#"User:string, Action:string
["bob","logon"]"#,
        },
    ],
};

impl Binder<'_> {
    pub(in crate::bind) fn bind_as(&mut self, it: &ast::AsOperator, rows: Rows, env: &mut Env) -> Rows {
        let mut rows = self.share(rows);
        rows.source = Some(it.name.text.clone());
        self.recorder.name(&rows, &it.name.text);
        *env = env.with(&it.name.text, Local::Table(rows.clone()));
        rows
    }
}
