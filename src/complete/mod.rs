//! What may stand at a place of a query text, for editors and prompts: the grammar says which kinds of things, the binder which
//! names are in scope, entries what each of them is. It must not know any operator or function, nor how a query is run.

mod completion;
mod cursor;
mod proposals;

pub use completion::{Completion, CompletionKind, Completions};

use crate::bind::{self, BindLimits, Catalog, Place};
use crate::function::Registry;
use crate::syntax::{self, Expected};
use cursor::{Cursor, CursorPlace, names_are_expected};
use proposals::Proposals;

/// What stands in the text where a name is to be completed, for the binder to come across.
const STAND_IN: &str = "__here";

/// What may stand at a place of a text, given as bytes before it.
#[must_use]
pub fn complete(
    text: &str,
    offset: usize,
    catalog: &dyn Catalog,
    registry: &Registry,
    limits: BindLimits<'_>,
) -> Completions {
    let Some(cursor) = Cursor::at(text, offset, syntax::expected_behind) else {
        return Completions::default();
    };
    let mut proposals = Proposals::new(registry, cursor.goes_on_with_parenthesis());
    match cursor.inside {
        CursorPlace::Nothing => {}
        CursorPlace::Text => {
            if let Some((function, argument)) = cursor.call() {
                proposals.add_choices(function, argument, false);
            }
        }
        CursorPlace::Code => {
            let expected = &cursor.expected;
            if expected.contains(&Expected::Operand)
                && let Some((function, argument)) = cursor.call()
            {
                proposals.add_choices(function, argument, true);
            }
            if names_are_expected(expected)
                && let Some(place) = place(&cursor, catalog, registry, limits)
            {
                proposals.add_place(&place, expected);
            }
            proposals.add_expected(expected, cursor.operator());
        }
    }
    proposals.into_completions(cursor.span, cursor.typed())
}

/// What may be named at the cursor: with what stands behind it, since it closes what is open, else without.
fn place(
    cursor: &Cursor<'_>,
    catalog: &dyn Catalog,
    registry: &Registry,
    limits: BindLimits<'_>,
) -> Option<Place> {
    let call = if cursor.expected.contains(&Expected::Call) && !cursor.goes_on_with_parenthesis() {
        "()"
    } else {
        ""
    };
    let find = |after: &str| {
        let text = format!("{}{STAND_IN}{call}{after}", cursor.before());
        if text.len() > limits.limits.text_bytes {
            return None;
        }
        let parsed = syntax::parse(&text);
        bind::bind_place(&parsed.tree, &parsed.broken, cursor.span.start, catalog, registry, limits)
    };
    find(cursor.after()).or_else(|| find(""))
}
