//! `assert`: a condition that must hold for the query to go on. It must not know conditions over rows.

use crate::column::Column;
use crate::diagnostic::{Code, Diagnostic};
use crate::function::kinds::{BOOL, STRING, returns};
use crate::function::{
    Call, CallSite, Category, Example, Expansion, Kernel, Result, ScalarFunction, signatures,
};
use crate::types::{ScalarType, Value};

pub(super) const FUNCTIONS: &[ScalarFunction] = &[ScalarFunction {
    name: "assert",
    category: Category::Conditional,
    summary: "True; an error with the message if the condition is false. The condition may not depend on the row.",
    signatures: signatures![(predicate: BOOL, message: STRING) -> returns::BOOL],
    expand: Some(known),
    kernel: Kernel::Rows(assert),
    examples: &[
        Example { query: "assert(1 < 2, 'one is less')", result: "true" },
        Example {
            query: "let f = (len: long, s: string) { assert(len > 0, 'not above zero') and strlen(s) > len }; \
                    print input = '4567' | where f(3, input)",
            result: "\"4567\"",
        },
    ],
    ..ScalarFunction::DEFAULT
}];

fn message(text: &str) -> String {
    format!("assert() has failed with message: '{text}'")
}

/// What is known before the run is decided there, wherever the call stands; see the page.
fn known(site: &mut dyn CallSite) -> Option<Expansion> {
    const UNKNOWN: Option<Expansion> = Some(Expansion::Unknown(Some(ScalarType::Bool)));
    if site.argument_count() != 2 {
        return None;
    }
    let (condition, text) = (site.argument(0), site.argument(1));
    let fits = condition.data_type == Some(ScalarType::Bool) && text.data_type == Some(ScalarType::String);
    if !fits {
        return None;
    }
    for argument in [&condition, &text] {
        if argument.reads_row {
            let message = "the arguments of 'assert' must not depend on the row";
            let error = Diagnostic::error(Code::ExpectedConstant, argument.span, message);
            site.report(error.help("a condition over rows belongs into where"));
            return UNKNOWN;
        }
    }
    if condition.depends_on_caller || text.depends_on_caller {
        return UNKNOWN;
    }
    let (condition, text) = (site.constant_argument(0), site.constant_argument(1));
    match (condition.value, text.value) {
        (Some(Value::Bool(true)), _) => Some(Expansion::Literal(Value::Bool(true), ScalarType::Bool)),
        (Some(Value::Bool(false)), Some(Value::String(text))) => {
            let span = site.name_span();
            site.report_in_bodies(Diagnostic::error(Code::AssertionFailed, span, message(&text)));
            UNKNOWN
        }
        // Parameters of the query and its subqueries are known when it runs.
        _ => None,
    }
}

fn assert(call: &Call<'_>) -> Result<Column> {
    let (condition, texts) =
        (call.argument_as(0, ScalarType::Bool)?, call.argument_as(1, ScalarType::String)?);
    // What is the same for every row must hold without rows, too.
    let rows = if condition.as_constant().is_some() { 1 } else { call.rows };
    for row in 0..rows {
        call.work(1)?;
        let found = condition.as_constant().cloned().unwrap_or_else(|| condition.value(row));
        if found == Value::Bool(true) {
            continue;
        }
        if found.is_null() {
            call.doubt("a condition that is null", "the query fails", "null")?;
        }
        let text = texts.as_constant().cloned().unwrap_or_else(|| texts.value(row));
        let failed = message(text.as_str().unwrap_or_default());
        return Err(Box::new(Diagnostic::error(Code::AssertionFailed, call.span, failed)));
    }
    Ok(Column::constant(Value::Bool(true), ScalarType::Bool, call.rows))
}
