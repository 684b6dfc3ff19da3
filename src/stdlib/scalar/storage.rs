//! How rows are stored, as far as a query may ask: sizes and extents. It must not know how the engine holds them.

use crate::column::{Column, Element, LongType, StringType};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::kinds::{SCALAR, returns};
use crate::function::{
    Call, CallSite, Category, Example, Expansion, Kernel, Result, ScalarFunction, signatures,
};
use crate::types::{Dynamic, Guid, ScalarType, Value};

const BASE: ScalarFunction = ScalarFunction { category: Category::Metadata, ..ScalarFunction::DEFAULT };

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "estimate_data_size",
        summary: "About how many bytes the given columns of the row take: eight a long, and the length of a string in UTF-8.",
        signatures: signatures![
            (column: SCALAR.column().repeated(1, i16::MAX as u16)) -> returns::LONG;
            (column: SCALAR.star_only()) -> returns::LONG
        ],
        expand: Some(all_columns),
        kernel: Kernel::Rows(estimate_data_size),
        examples: &[
            Example {
                query: "print x = 5, Text = '1234567890' | project size = estimate_data_size(*)",
                result: "18",
            },
            Example { query: "print Text = 'é' | project size = estimate_data_size(Text)", result: "2" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "extent_id",
        aliases: &["extentid"],
        summary: "The extent that holds the row. Rows are in no extents here, and such rows have the guid of zeros.",
        signatures: signatures![() -> returns::GUID],
        expand: Some(|site| no_extent(site, Value::Guid(Guid(0)), ScalarType::Guid)),
        examples: &[
            Example { query: "extent_id()", result: "\"00000000-0000-0000-0000-000000000000\"" },
            Example {
                query: "print a = 1 | extend id = extent_id() | summarize by tostring(id)",
                result: "\"00000000-0000-0000-0000-000000000000\"",
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "extent_tags",
        summary: "The tags of the extent that holds the row, as an array. Rows are in no extents here.",
        signatures: signatures![() -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            // The page: an empty value; it does not say whether that is null.
            call.doubt("a row that is in no extent", "the array is empty", "extent_tags()")?;
            Ok(Column::constant(Dynamic::array(Vec::new()).into(), ScalarType::Dynamic, call.rows))
        }),
        examples: &[
            Example { query: "extent_tags()", result: "[]" },
            Example { query: "print a = 1 | project r = extent_tags() has 'drop-by:a'", result: "false" },
        ],
        ..BASE
    },
];

fn no_extent(site: &mut dyn CallSite, value: Value, data_type: ScalarType) -> Option<Expansion> {
    // An ordinary call reports arguments that it does not take.
    (site.argument_count() == 0).then_some(Expansion::Literal(value, data_type))
}

fn all_columns(site: &mut dyn CallSite) -> Option<Expansion> {
    if site.argument_count() != 1 || !site.is_star(0) {
        return None;
    }
    let columns = site.columns();
    let known = site.has_all_columns() && columns.iter().all(|column| column.data_type.is_some());
    Some(match columns.len() {
        count @ 1.. if known => {
            Expansion::Kernel((0..count).map(Expansion::Column).collect(), ScalarType::Long)
        }
        _ => Expansion::Unknown(Some(ScalarType::Long)),
    })
}

fn estimate_data_size(call: &Call<'_>) -> Result<Column> {
    let mut sizes = vec![0_i64; call.rows];
    for column in call.arguments {
        let fixed = match column.scalar_type() {
            ScalarType::String => {
                let texts = call.view::<StringType>(column)?;
                for (row, size) in sizes.iter_mut().enumerate() {
                    *size += texts.get(row).map_or(0, str::len) as i64;
                }
                call.work(call.rows)?;
                continue;
            }
            ScalarType::Dynamic => {
                // The page: it is more than that of its text.
                let message = "'estimate_data_size' of a dynamic value is not known";
                return Err(Box::new(Diagnostic::error(Code::Unsupported, call.span, message)));
            }
            ScalarType::Bool => 1,
            ScalarType::Int => 4,
            ScalarType::Long | ScalarType::Real | ScalarType::DateTime | ScalarType::TimeSpan => 8,
            ScalarType::Decimal | ScalarType::Guid => 16,
        };
        if column.scalar_type() != ScalarType::Long && call.rows > 0 {
            let about = format!("a value of type {}", column.scalar_type());
            call.doubt(&about, &format!("it takes {fixed} bytes"), column.value(0))?;
        }
        sizes.iter_mut().for_each(|size| *size += fixed);
        call.work(call.rows)?;
    }
    Ok(LongType::build(sizes.into_iter().map(Some)))
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;
    use crate::function::testing::{check, doubted, json, refused};
    use crate::types::{Guid, Value};

    #[test]
    fn sizes_add_up() {
        check(FUNCTIONS, "estimate_data_size", &[Value::Long(1), "1234567890".into(), "".into()], 18_i64);
        doubted(FUNCTIONS, "estimate_data_size", &[Value::Bool(true), Value::Long(1)], 9_i64);
        doubted(FUNCTIONS, "estimate_data_size", &[Value::Guid(Guid(7))], 16_i64);
        refused(FUNCTIONS, "estimate_data_size", &[json("[1]")]);
    }
}
