//! Binds `restrict access to`: which names the rest of the query sees. It must not know other statements.

use super::binder::Binder;
use super::scope::{Any, Env, Local, UserFunction, VisibleEntities};
use std::rc::Rc;

use hashbrown::HashSet;

use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast;
use crate::wildcard::fits_wildcard;

pub(super) const ENTRY: LanguageEntry = LanguageEntry {
    name: "restrict",
    aliases: &["restrict access", "restrict access to"],
    kind: EntryKind::Statement,
    summary: "Hides all tables, views and patterns from the rest of the query, save those that are listed.",
    syntax: &["restrict access to (Entity [, …]);"],
    parameters: &[ParameterInfo::required(
        "Entity",
        "A view or another name of a let statement, a table or function of the database, database().Table, database().*, or \
         '*' for the tables of all let statements.",
    )],
    remarks: &[
        "It is for programs that put it in front of a query that somebody else wrote.",
        "Views that are listed still read what they read. Scalar variables and scalar functions stay.",
        "The databases are one in kqlite: only the name of the table counts.",
    ],
    examples: &[
        TableExample {
            query: r"let Data = datatable (User: string, Salary: long) ['ann', 5, 'bob', 7];
let Own = view () { Data | where User == 'ann' };
restrict access to (Own);
Own",
            result: "User:string, Salary:long\n[\"ann\",5]",
        },
        TableExample {
            query: r"let One = view () { print x = 1 };
let Two = view () { print x = 2 };
restrict access to (Two);
union *",
            result: "x:long\n[2]",
        },
    ],
};

impl Binder<'_> {
    pub(super) fn restrict(&mut self, it: &ast::RestrictStatement, env: Env) -> Env {
        let known: Vec<String> =
            self.catalog.table_names().into_iter().chain(self.catalog.function_names()).collect();
        let known: HashSet<String> = known.into_iter().filter(|name| env.sees(name)).collect();
        let mut visible = VisibleEntities::default();
        let mut left: HashSet<Rc<str>> = HashSet::new();
        let locals = env.names();
        if !self.spend_nodes((locals.len() + known.len()).saturating_mul(1 + it.entities.len()), it.at.0) {
            return env;
        }
        for entity in &it.entities {
            match entity {
                ast::Expression::Name(name) if env.find(&name.text).is_some() => {
                    left.insert(name.text.as_str().into());
                }
                ast::Expression::Name(name) if known.contains(&name.text) => {
                    visible.0.insert(name.text.clone());
                }
                ast::Expression::Name(name) => {
                    // It is not there, which is reported.
                    self.table_named(name, &env);
                }
                ast::Expression::Star(_) => left.extend(locals.iter().cloned()),
                ast::Expression::Wildcard(pattern) => {
                    left.extend(locals.iter().filter(|name| fits_wildcard(&pattern.text, name)).cloned());
                }
                ast::Expression::Path(path) if self.is_database_path(&path.target, &env) => {
                    match &path.selector {
                        ast::Expression::Star(_) => visible.0.extend(known.iter().cloned()),
                        ast::Expression::Wildcard(pattern) => {
                            visible.0.extend(
                                known.iter().filter(|name| fits_wildcard(&pattern.text, name)).cloned(),
                            );
                        }
                        ast::Expression::Name(name) if known.contains(&name.text) => {
                            visible.0.insert(name.text.clone());
                        }
                        ast::Expression::Name(name) => {
                            self.table_named(name, &Env::default().restricted(VisibleEntities::default()));
                        }
                        other => self.unsupported(other.span(), "entity of restrict", "another than a name"),
                    }
                }
                ast::Expression::Missing(_) => {}
                other => self.unsupported(other.span(), "entity of restrict", "another than a name"),
            }
        }
        let mut kept: Vec<(Rc<str>, Local)> = Vec::new();
        let mut seen: HashSet<Rc<str>> = HashSet::new();
        for name in locals {
            let Some(local) = env.find(&name).filter(|_| seen.insert(name.clone())) else { continue };
            let stays = left.contains(&name)
                || match &local {
                    Local::Table(_) | Local::Pattern(_) => false,
                    Local::Function(function) => !self.gives_table(function),
                    Local::Scalar(_)
                    | Local::EntityGroup(_)
                    | Local::Database
                    | Local::Step(_)
                    | Local::Unknown => true,
                };
            if stays {
                kept.push((name, local));
            }
        }
        let mut restricted = env.restricted(visible);
        for (name, local) in kept.into_iter().rev() {
            restricted = restricted.declare(&name, local);
        }
        restricted
    }

    /// A function of the query gives a table.
    fn gives_table(&mut self, function: &UserFunction) -> bool {
        let declaration = function.declaration.clone();
        let mut inner = function.env().block();
        for parameter in &declaration.parameters {
            let local = self.placeholder(&parameter.data_type);
            inner = inner.declare(&parameter.name.text, local);
        }
        self.muted += 1;
        self.declaring += 1;
        let found = self.bind_body(&declaration, &inner);
        self.declaring -= 1;
        self.muted -= 1;
        matches!(found, Any::Table(_))
    }
}
