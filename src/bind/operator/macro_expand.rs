//! Binds `macro-expand`: a query for each member of an entity group, and the union of what they give. It must not know what the
//! queries do.

use super::super::binder::{Binder, MAX_EXPANSIONS};
use super::super::parts::UnionForm;
use super::super::scope::{Env, ExprScope, Local, Rows};
use std::rc::Rc;

use crate::diagnostic::Code;
use crate::plan::Node;
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast;

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "macro-expand",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Runs a query for each member of a group of tables, and puts the results together.",
    syntax: &[
        "macro-expand [kind=(outer | inner)] [isfuzzy=(true | false)] EntityGroup as Name (Subquery)",
        "macro-expand … entity_group [Entity [, …]] as Name (Subquery)",
    ],
    parameters: &[
        ParameterInfo::optional(
            "kind",
            "outer, the default, has all columns of all results; inner has those that every result has.",
        ),
        ParameterInfo::optional("isfuzzy", "true leaves out tables that are not there."),
        ParameterInfo::required("EntityGroup", "A name that a let statement gave to entity_group [ … ]."),
        ParameterInfo::required("Entity", "A table, or one database."),
        ParameterInfo::required("Name", "What the member at hand is called in the subquery."),
        ParameterInfo::required("Subquery", "A query, with let statements in front of it."),
    ],
    remarks: &[
        "It is a union of the queries that come of putting each member in place of the name.",
        "The databases are one in kqlite, so that a group of several is refused: it would count their rows several times.",
        "Entity groups that are stored in a database, and members such as $current_database, are refused.",
    ],
    examples: &[
        TableExample {
            query: r"let Mails = datatable (User: string) ['ann', 'bob'];
let Logons = datatable (User: string) ['ann'];
macro-expand entity_group [Mails, Logons] as X (X | where User == 'ann' | count)",
            result: "Count:long\n[1]\n[1]",
        },
        TableExample {
            query: r"let Mails = datatable (User: string) ['ann', 'bob'];
let Here = entity_group [database('Samples')];
macro-expand Here as X (
    let wanted = 'bob';
    X.Mails | where User == wanted
)",
            result: "User:string\n[\"bob\"]",
        },
    ],
};

impl Binder<'_> {
    pub(in crate::bind) fn bind_macro_expand(
        &mut self,
        it: &ast::MacroExpandOperator,
        rows: Option<Rows>,
        env: &Env,
    ) -> Rows {
        if rows.is_some() {
            self.error(
                Code::NotAllowedHere,
                it.keyword_at.0,
                "macro-expand takes no rows: it begins a query",
            );
        }
        let forms = [("outer", UnionForm::Outer), ("inner", UnionForm::Inner)];
        let form = self.choice(&it.parameters, "kind", &forms, UnionForm::Outer);
        let fuzzy = self.choice(&it.parameters, "isfuzzy", &[("true", true), ("false", false)], false);
        let entities: Rc<[ast::Expression]> = match &it.group {
            ast::Expression::EntityGroup(group) => group.entities.clone().into(),
            ast::Expression::Name(name) => match env.find(&name.text) {
                Some(Local::EntityGroup(entities)) => {
                    self.note_local(name, env.find(&name.text).as_ref());
                    entities
                }
                Some(Local::Unknown) => return Rows::unknown(),
                _ => {
                    self.unsupported(name.at.0, "stored entity group", &name.text);
                    return Rows::unknown();
                }
            },
            ast::Expression::Missing(_) => return Rows::unknown(),
            other => {
                self.unsupported(other.span(), "form of macro-expand", "a group of another database");
                return Rows::unknown();
            }
        };
        let databases = entities.iter().filter(|entity| self.is_database_path(entity, env)).count();
        if databases > 1 || (databases > 0 && databases < entities.len()) {
            let form = "an entity group of several databases";
            self.unsupported(it.group.span(), "form of macro-expand", form);
            return Rows::unknown();
        }
        let mut parts = Vec::with_capacity(entities.len());
        for entity in entities.iter().filter(|it| !matches!(it, ast::Expression::Missing(_))) {
            if self.budget.is_over {
                return Rows::unknown();
            }
            self.expansions += 1;
            if self.expansions > MAX_EXPANSIONS {
                self.error(Code::CallDepth, it.keyword_at.0, "macro-expand expands too far");
                return Rows::unknown();
            }
            let local = match self.is_database_path(entity, env) {
                true => Local::Database,
                false => {
                    let before = self.diagnostics.len();
                    let rows = self.bind_table(entity, env);
                    let found = self.diagnostics.get(before..).unwrap_or_default();
                    if fuzzy && found.iter().any(|it| it.code == Code::UnknownTable) {
                        self.diagnostics.truncate(before);
                        continue;
                    }
                    Local::Table(rows)
                }
            };
            let name = it.name.as_ref().map_or("", |name| name.text.as_str());
            parts.push(self.expanded(it, &env.with(name, local)));
        }
        if parts.is_empty() {
            self.error(Code::UnknownTable, it.keyword_at.0, "none of the members of the group is there");
            return Rows::unknown();
        }
        let Some(all) = self.unified(&parts, form, None, it.at.0) else { return Rows::unknown() };
        let mut inputs = Vec::with_capacity(parts.len());
        for (part, exprs) in parts.iter().zip(all.projections) {
            let node = Node::Project { input: part.plan.clone(), columns: exprs };
            inputs.push(Self::plan(node, &all.columns, it.at.0));
        }
        Rows::new(Self::plan(Node::Union { inputs }, &all.columns, it.at.0), all.columns)
    }

    /// What the statements give for one member.
    fn expanded(&mut self, it: &ast::MacroExpandOperator, env: &Env) -> Rows {
        let Some((ast::Statement::Expression(last), before)) = it.statements.split_last() else {
            if !it.statements.is_empty() {
                self.error(
                    Code::MissingReturn,
                    it.at.0,
                    "the subquery declares things, but asks for no result",
                );
            }
            return Rows::unknown();
        };
        let mut inner = env.block();
        for statement in before {
            if let ast::Statement::Expression(ast) = statement {
                self.bind_any(ast, ExprScope::new(&inner));
            } else {
                inner = self.declare(statement, inner);
            }
        }
        self.bind_table(last, &inner)
    }
}
