//! Functions that tell where and for whom a query runs. It must not know who says so.

use crate::column::{BoolType, Column, StringType};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::kinds::{STRING, STRING_OR_ARRAY, returns};
use crate::function::{
    Call, Category, Example, Kernel, Result, ScalarFunction, Signature, Volatility, signatures,
};
use crate::types::{Dynamic, ScalarType, Value};

use super::rows::Guard;

const BASE: ScalarFunction =
    ScalarFunction { category: Category::Special, volatility: Volatility::Stable, ..ScalarFunction::DEFAULT };
const TEXT: &[Signature] = signatures![() -> returns::STRING];

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "current_database",
        summary: "The name of the database in scope: what the caller gave, else NetDefaultDB.",
        signatures: TEXT,
        kernel: Kernel::Rows(|call| Ok(text(call, &call.context.session.database))),
        examples: &[
            Example { query: "current_database()", result: "\"NetDefaultDB\"" },
            Example {
                query: "strcat('Database in scope: ', current_database())",
                result: "\"Database in scope: NetDefaultDB\"",
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "current_cluster_endpoint",
        summary: "The host name of the cluster: what the caller gave, else localhost.",
        signatures: TEXT,
        kernel: Kernel::Rows(|call| Ok(text(call, &call.context.session.cluster))),
        examples: &[
            Example { query: "current_cluster_endpoint()", result: "\"localhost\"" },
            Example {
                query: "strcat('Runs on ', current_cluster_endpoint())",
                result: "\"Runs on localhost\"",
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "current_principal",
        summary: "The full name of who runs the query, if the caller gave one.",
        signatures: TEXT,
        kernel: Kernel::Rows(|call| {
            let principal = call.context.session.principal.as_deref();
            if principal.is_none() {
                call.doubt("a run without a principal", "the text is empty", "this one")?;
            }
            Ok(text(call, principal.unwrap_or_default()))
        }),
        examples: &[
            Example { query: "current_principal()", result: "\"\"" },
            Example { query: "gettype(current_principal())", result: "\"string\"" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "current_principal_details",
        summary: "A property bag that tells more of who runs the query, if the caller gave one.",
        signatures: signatures![() -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            let details = call.context.session.principal_details.clone();
            if details.is_none() {
                let about = "a run without details of the principal";
                call.doubt(about, "the result is null", "this one")?;
            }
            Ok(Column::constant(details.unwrap_or_default().into(), ScalarType::Dynamic, call.rows))
        }),
        examples: &[
            Example { query: "current_principal_details()", result: "null" },
            Example { query: "current_principal_details().DisplayName", result: "null" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "current_principal_is_member_of",
        summary: "Whether who runs the query is one of the given principals, or in one of the given groups, as the caller \
                  says. Case does not matter.",
        signatures: signatures![(group: STRING_OR_ARRAY.constant().repeated(1, 64)) -> returns::BOOL],
        kernel: Kernel::Rows(is_member),
        examples: &[
            Example {
                query: "current_principal_is_member_of('aadgroup=group1@fabrikam.com')",
                result: "false",
            },
            Example {
                query: "current_principal_is_member_of(dynamic(['aaduser=a@fabrikam.com', 'aadgroup=b@fabrikam.com']))",
                result: "false",
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "cursor_current",
        aliases: &["current_cursor"],
        summary: "The current value of the database's cursor: what the caller gave, else the ticks of now().",
        signatures: TEXT,
        kernel: Kernel::Rows(|call| {
            let ticks = || call.context.now.0.to_string();
            let cursor = call.context.session.cursor.clone().unwrap_or_else(ticks);
            Ok(text(call, &cursor))
        }),
        examples: &[
            Example { query: "isnotempty(cursor_current())", result: "true" },
            Example { query: "cursor_current() == tostring(tolong(now()))", result: "true" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "cursor_after",
        summary: "Whether a row came in after a cursor, which is true of all rows for the empty text. Other cursors are \
                  refused: rows do not know here when they came in.",
        signatures: signatures![(cursor: STRING) -> returns::BOOL],
        kernel: Kernel::Rows(cursor_after),
        examples: &[
            Example { query: "cursor_after('')", result: "true" },
            Example { query: "print a = 1 | where cursor_after('') | count", result: "1" },
        ],
        ..BASE
    },
];

fn text(call: &Call<'_>, text: &str) -> Column {
    Column::constant(Value::string(text), ScalarType::String, call.rows)
}

fn is_member(call: &Call<'_>) -> Result<Column> {
    let session = &call.context.session;
    let known = || session.groups.iter().map(String::as_str).chain(session.principal.as_deref());
    let mut found = false;
    let mut odd = None;
    for column in call.arguments {
        let value = match column.as_constant() {
            Some(Value::String(text)) => Dynamic::String(text.clone()),
            Some(Value::Dynamic(value)) => value.clone(),
            _ => Dynamic::Null,
        };
        for item in value.as_array().unwrap_or(std::slice::from_ref(&value)) {
            call.work(item.byte_size())?;
            match item.as_str() {
                Some(wanted) => found |= known().any(|it| it.eq_ignore_ascii_case(wanted)),
                None => odd = Some(item.to_json()),
            }
        }
    }
    if let Some(odd) = odd {
        call.doubt("a value that is no text", "it is passed over", odd)?;
    }
    Ok(Column::constant(Value::Bool(found), ScalarType::Bool, call.rows))
}

fn cursor_after(call: &Call<'_>) -> Result<Column> {
    let guard = Guard::new(call);
    let column = call.map1::<StringType, BoolType>(|cursor| {
        guard.row(|| {
            if cursor.is_empty() {
                return Ok(Some(true));
            }
            let message = "'cursor_after' of a cursor is not supported: rows do not know when they came in";
            Err(Box::new(Diagnostic::error(Code::Unsupported, call.span, message)))
        })
    });
    guard.finish(column)
}
