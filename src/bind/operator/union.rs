//! Binds `union`: which tables, and which columns they have in common. It must not know their rows.

use super::super::binder::Binder;
use super::super::parts::{PartNames, UnionForm};
use super::super::scope::{Env, Rows};
use super::parameters::word;
use crate::diagnostic::Code;
use crate::plan::Node;
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast;

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "union",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Gives the rows of several tables, one table after the other.",
    syntax: &["[T |] union [kind=(outer | inner)] [withsource=Name] [isfuzzy=(true | false)] Table [, …]"],
    parameters: &[
        ParameterInfo::optional("T", "Rows that come first; without them union begins the query."),
        ParameterInfo::optional(
            "kind",
            "outer, the default, has all columns of all tables; inner has those that every table has.",
        ),
        ParameterInfo::optional(
            "withsource",
            "The name of a first column that says which table a row came from.",
        ),
        ParameterInfo::optional(
            "isfuzzy",
            "true leaves out tables that are not there; if none is, it is an error.",
        ),
        ParameterInfo::required(
            "Table",
            "A table, a query in parentheses, or a pattern such as Device*, which also takes views in.",
        ),
    ],
    remarks: &[
        "No row is dropped, also where two are the same: distinct behind it does that.",
        "A cell that a table has no column for is null, and empty in columns of type string.",
        "A column with the same name and different types becomes one column for each type, such as x_long and x_string, and \
         none that is called x. Convert before the union.",
        "Kusto may mix the rows of the tables; sort behind it.",
    ],
    examples: &[
        TableExample {
            query: r"let Logons = datatable (User: string, Ip: string) ['ann', '10.0.0.1'];
let Failures = datatable (User: string, Count: long) ['bob', 9];
union Logons, Failures",
            result: r#"User:string, Ip:string, Count:long
["ann","10.0.0.1",null]
["bob","",9]"#,
        },
        TableExample {
            query: r"range x from 1 to 2 step 1
| as First
| union kind=inner withsource=Source (print x = 2, y = 3 | as Second)",
            result: r#"Source:string, x:long
["First",1]
["First",2]
["Second",2]"#,
        },
        TableExample {
            query: "union (print x = 1), (print x = 'one')",
            result: r#"x_long:long, x_string:string
[1,""]
[null,"one"]"#,
        },
        TableExample { query: "union isfuzzy=true (print x = 1), NoSuchTable", result: "x:long\n[1]" },
    ],
};

impl Binder<'_> {
    pub(in crate::bind) fn bind_union(
        &mut self,
        it: &ast::UnionOperator,
        rows: Option<Rows>,
        env: &Env,
    ) -> Rows {
        let forms = [("outer", UnionForm::Outer), ("inner", UnionForm::Inner)];
        let form = self.choice(&it.parameters, "kind", &forms, UnionForm::Outer);
        let fuzzy = self.choice(
            &it.parameters,
            "isfuzzy",
            &[("true", true), ("false", false), ("True", true), ("False", false)],
            false,
        );
        let source = word(&it.parameters, "withsource").or_else(|| word(&it.parameters, "with_source"));
        let mut parts: Vec<Rows> = rows.into_iter().collect();
        for ast in &it.tables {
            if !self.budget.is_over {
                self.union_part(ast, fuzzy, env, &mut parts);
            }
        }
        if parts.is_empty() {
            if fuzzy && !it.tables.is_empty() {
                self.error(Code::UnknownTable, it.at.0, "none of the tables of the union is there");
            }
            return Rows::unknown();
        }
        let source = source.map(|(name, _)| PartNames { column: name, otherwise: "union_arg" });
        let Some(all) = self.unified(&parts, form, source, it.at.0) else { return Rows::unknown() };
        let mut inputs = Vec::with_capacity(parts.len());
        for (part, exprs) in parts.iter().zip(all.projections) {
            let node = Node::Project { input: part.plan.clone(), columns: exprs };
            inputs.push(Self::plan(node, &all.columns, it.at.0));
        }
        Rows::new(Self::plan(Node::Union { inputs }, &all.columns, it.at.0), all.columns)
    }
}
