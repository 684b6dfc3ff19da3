//! Names, types, overloads and coercions: from the syntax tree to a plan. Reports every mistake at once.
//! It must not know how a plan is executed, nor where tables are kept.

mod binder;
mod bound;
mod call;
mod catalog;
mod check;
mod data_type;
mod expansion;
mod expr;
mod ingestion;
mod lessons;
mod limits;
mod literal;
mod names;
mod operator;
mod outline;
mod overload;
mod parts;
mod pattern;
mod place;
mod probe;
mod query;
mod readable;
mod references;
mod restrict;
mod scalar;
mod scope;
mod source;
mod statement;
mod subquery;
mod suggest;
mod terms;
#[cfg(test)]
mod tests;
mod window;

use binder::Binder;
pub use bound::{Bound, BoundResult, QueryParameter};
pub use catalog::{AnnouncedFunction, Catalog};
pub use limits::{BindLimits, CompileLimits};
use outline::Recorder;
use place::PlaceProbe;
pub use place::{Place, PlaceKind, VariableKind};
use references::References;
pub use references::{Reference, ReferenceKind};

use crate::diagnostic::Severity;
use crate::function::Registry;
use crate::reference::LanguageEntry;
use crate::syntax::ast;
use crate::types::Schema;

/// The reference of all parts of the language that the binder knows.
pub const LANGUAGE: &[&[LanguageEntry]] =
    &[statement::ENTRIES, source::ENTRIES, operator::ENTRIES, subquery::ENTRIES, data_type::ENTRIES];

/// Binds a query. `resolved` are the columns of plugins that were found out by running them, in the order in which the
/// binder meets these plugins.
#[must_use]
pub fn bind(
    tree: &ast::QueryBlock,
    catalog: &dyn Catalog,
    registry: &Registry,
    resolved: &[Schema],
    limits: BindLimits<'_>,
) -> Bound {
    bind_with(tree, Binder::new(catalog, registry, resolved, &[], limits))
}

/// Binds a query and records what the author wrote. The plan is the same.
#[must_use]
pub fn bind_with_outline(
    tree: &ast::QueryBlock,
    catalog: &dyn Catalog,
    registry: &Registry,
    resolved: &[Schema],
    limits: BindLimits<'_>,
) -> Bound {
    let recorder = Recorder::new();
    bind_with(tree, Binder { recorder, ..Binder::new(catalog, registry, resolved, &[], limits) })
}

/// Binds what could be read of a text with syntax errors at these places, in ascending order. With `references` it records
/// what the names in the text mean.
#[must_use]
pub fn bind_readable(
    tree: &ast::QueryBlock,
    syntax_errors: &[u32],
    references: bool,
    catalog: &dyn Catalog,
    registry: &Registry,
    limits: BindLimits<'_>,
) -> Bound {
    let references = if references { References::recorded() } else { References::default() };
    let is_check = references.is_recorded();
    bind_with(
        tree,
        Binder { references, is_check, ..Binder::new(catalog, registry, &[], syntax_errors, limits) },
    )
}

/// What may be named where a name begins, in a text with syntax errors at these places; `None` where the binder looks for no
/// name.
#[must_use]
pub fn bind_place(
    tree: &ast::QueryBlock,
    syntax_errors: &[u32],
    at: u32,
    catalog: &dyn Catalog,
    registry: &Registry,
    limits: BindLimits<'_>,
) -> Option<Place> {
    let binder = Binder::new(catalog, registry, &[], syntax_errors, limits);
    let mut binder = Binder { probe: PlaceProbe::at(at), is_check: true, ..binder };
    binder.bind_block(tree);
    binder.probe.into_found()
}

fn bind_with(tree: &ast::QueryBlock, mut binder: Binder<'_>) -> Bound {
    let results = binder.bind_block(tree);
    let failed =
        binder.has_untold_error || binder.diagnostics.iter().any(|it| it.severity == Severity::Error);
    let columns = results.last().filter(|(_, rows)| !rows.columns.open).map(|(_, rows)| {
        rows.columns.list.iter().map(|column| (column.name.to_string(), column.data_type)).collect()
    });
    Bound {
        results: if failed {
            Vec::new()
        } else {
            results.into_iter().map(|(name, rows)| BoundResult { name, plan: rows.plan }).collect()
        },
        pending: binder.pending.filter(|_| !failed),
        columns,
        parameters: binder.parameters,
        diagnostics: binder.diagnostics,
        more_diagnostics: binder.more,
        outline: binder.recorder.into_outline(),
        references: binder.references.into_sorted(),
        lookbacks: binder.lookbacks,
    }
}
