//! Conversions between types: `tostring`, `tolong`, `todatetime`, `parse_json` and their kin.
//! It must not know how a value is read: the types do.

use super::json_instants::{is_instant, may_have_instants, with_instants};
use super::rows::Guard;
use crate::column::{Column, DecimalType, DynamicColumn, DynamicType, GuidType, StringType};
use crate::function::kinds::{SCALAR, STRING, STRING_OR_DYNAMIC, returns};
use crate::function::{
    Call, Category, Example, Kernel, Result, ResultName, ScalarFunction, Semantics, signatures,
};
use crate::types::json;
use crate::types::{Decimal, Dynamic, Guid, ScalarType, Value};

const BASE: ScalarFunction = ScalarFunction {
    category: Category::Conversion,
    result_name: ResultName::FirstArgument,
    ..ScalarFunction::DEFAULT
};

/// The argument as a type; what cannot be converted is null.
fn convert(call: &Call<'_>) -> Result<Column> {
    call.argument_as(0, call.returns)
}

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "tostring",
        summary: "A value as text; null is the empty text.",
        signatures: signatures![(value: SCALAR) -> returns::STRING],
        kernel: Kernel::Rows(convert),
        semantics: Semantics::ConversionTo(ScalarType::String),
        examples: &[
            Example { query: "tostring(1.0)", result: "\"1.0\"" },
            Example { query: "tostring(true)", result: "\"True\"" },
            Example { query: "tostring(long(null))", result: "\"\"" },
            Example { query: "tostring(dynamic({'a': [1, true]}))", result: r#""{\"a\":[1,true]}""# },
            Example { query: "tostring(datetime(2020-01-01))", result: "\"2020-01-01T00:00:00.0000000Z\"" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "toint",
        summary: "A value as 32-bit integer: reals are cut, larger integers keep their low 32 bits.",
        signatures: signatures![(value: SCALAR) -> returns::INT],
        kernel: Kernel::Rows(convert),
        semantics: Semantics::ConversionTo(ScalarType::Int),
        examples: &[
            Example { query: "toint('123')", result: "123" },
            Example { query: "toint(2.9)", result: "2" },
            Example { query: "toint('1.5')", result: "null" },
            Example { query: "toint(2147483648)", result: "-2147483648" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "tolong",
        summary: "A value as 64-bit integer: reals are cut; a datetime or timespan gives its ticks.",
        signatures: signatures![(value: SCALAR) -> returns::LONG],
        kernel: Kernel::Rows(convert),
        semantics: Semantics::ConversionTo(ScalarType::Long),
        examples: &[
            Example { query: "tolong(' 0x1F ')", result: "31" },
            Example { query: "tolong(-2.9)", result: "-2" },
            Example { query: "tolong(1d)", result: "864000000000" },
            Example { query: "tolong('1,000')", result: "null" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "todouble",
        aliases: &["toreal"],
        summary: "A value as real.",
        signatures: signatures![(value: SCALAR) -> returns::REAL],
        kernel: Kernel::Rows(convert),
        semantics: Semantics::ConversionTo(ScalarType::Real),
        examples: &[
            Example { query: "todouble('1e3')", result: "1000.0" },
            Example { query: "todouble('.5')", result: "0.5" },
            Example { query: "todouble('0x10')", result: "null" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "todecimal",
        summary: "A value as decimal.",
        signatures: signatures![(value: SCALAR) -> returns::DECIMAL],
        kernel: Kernel::Rows(convert),
        semantics: Semantics::ConversionTo(ScalarType::Decimal),
        examples: &[Example { query: "todecimal('123.45678')", result: "\"123.45678\"" }],
        ..BASE
    },
    ScalarFunction {
        name: "tobool",
        aliases: &["toboolean"],
        summary: "A value as bool: the texts true and false, or a number that is not zero.",
        signatures: signatures![(value: SCALAR) -> returns::BOOL],
        kernel: Kernel::Rows(convert),
        semantics: Semantics::ConversionTo(ScalarType::Bool),
        examples: &[
            Example { query: "tobool('TRUE')", result: "true" },
            Example { query: "tobool('-1')", result: "true" },
            Example { query: "tobool('yes')", result: "null" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "todatetime",
        summary: "A value as datetime: a text in one of the usual forms, or ticks since the year 1.",
        signatures: signatures![(value: SCALAR) -> returns::DATETIME],
        kernel: Kernel::Rows(convert),
        semantics: Semantics::ConversionTo(ScalarType::DateTime),
        examples: &[
            Example { query: "todatetime('2015-12-24T10:00:00+02:00')", result: "\"2015-12-24T08:00:00Z\"" },
            Example { query: "todatetime('12-02-2022')", result: "\"2022-12-02T00:00:00Z\"" },
            Example { query: "todatetime('13-01-2022')", result: "null" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "totimespan",
        aliases: &["totime"],
        summary: "A value as timespan: a text such as 1.5h or 1.02:03:04, or ticks.",
        signatures: signatures![(value: SCALAR) -> returns::TIMESPAN],
        kernel: Kernel::Rows(convert),
        semantics: Semantics::ConversionTo(ScalarType::TimeSpan),
        examples: &[
            Example { query: "totimespan('90s')", result: "\"00:01:30\"" },
            Example { query: "totimespan('13:00')", result: "\"13:00:00\"" },
            Example { query: "totimespan('1.5')", result: "null" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "toguid",
        summary: "A text as guid.",
        signatures: signatures![(value: STRING_OR_DYNAMIC) -> returns::GUID],
        kernel: Kernel::Rows(to_guid),
        semantics: Semantics::ConversionTo(ScalarType::Guid),
        examples: &[
            Example {
                query: "toguid('70FC66F7-8279-44FC-9092-D364D70FCE44')",
                result: "\"70fc66f7-8279-44fc-9092-d364d70fce44\"",
            },
            Example { query: "toguid('no guid')", result: "null" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "parse_json",
        aliases: &["parsejson"],
        summary: "A text read as JSON: a dynamic value; a text that is no JSON stays a text, a dynamic value stays as it is.",
        signatures: signatures![(json_text: STRING_OR_DYNAMIC) -> returns::DYNAMIC],
        kernel: Kernel::Rows(parse_json),
        examples: &[
            Example { query: "parse_json('{\"a\": [1, 2.0]}').a", result: "[1,2.0]" },
            Example { query: "gettype(parse_json('{a'))", result: "\"string\"" },
            Example { query: "parse_json('')", result: "null" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "todynamic",
        aliases: &["toobject"],
        summary: "A text read as JSON: a dynamic value; a text that is no JSON stays a text, a dynamic value stays as it is.",
        signatures: signatures![(value: STRING) -> returns::DYNAMIC],
        kernel: Kernel::Rows(parse_json),
        semantics: Semantics::ConversionTo(ScalarType::Dynamic),
        examples: &[Example { query: "todynamic('[1, 2]')[1]", result: "2" }],
        ..BASE
    },
    ScalarFunction {
        name: "gettype",
        category: Category::Metadata,
        result_name: ResultName::PrefixAndFirstArgument("type"),
        summary: "The name of a value's type; of a dynamic value that of what it holds.",
        signatures: signatures![(value: SCALAR) -> returns::STRING],
        kernel: Kernel::Rows(get_type),
        examples: &[
            Example { query: "gettype(1.5)", result: "\"real\"" },
            Example { query: "gettype(dynamic({'a': 1}))", result: "\"dictionary\"" },
            Example { query: "gettype(toint('bad'))", result: "\"int\"" },
            Example { query: "gettype(dynamic(null))", result: "\"null\"" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "parse_version",
        category: Category::String,
        result_name: ResultName::None,
        summary: "A version of one to four parts as one decimal number, so that versions can be compared.",
        signatures: signatures![(version: STRING) -> returns::DECIMAL],
        kernel: Kernel::Rows(parse_version),
        examples: &[
            Example { query: "parse_version('0.0.7.0')", result: "\"700000000\"" },
            Example { query: "parse_version('1.10') > parse_version('1.9.9')", result: "true" },
            Example { query: "parse_version('1.x')", result: "null" },
        ],
        ..BASE
    },
];

/// Hyphens may stand anywhere. Source: recorded answers.
fn to_guid(call: &Call<'_>) -> Result<Column> {
    call.map1::<StringType, GuidType>(|text| {
        Guid::parse(text).or_else(|| Guid::parse(&text.replace('-', "")))
    })
}

fn parse_json(call: &Call<'_>) -> Result<Column> {
    if call.argument(0)?.scalar_type() == ScalarType::Dynamic {
        return call.argument(0).cloned();
    }
    match call.argument(0)? {
        Column::String(texts) => {
            let has_any = match texts.dictionary() {
                Some((_, values)) => (0..values).any(|code| may_have_instants(texts.dictionary_bytes(code))),
                None => (0..texts.len()).any(|row| may_have_instants(texts.bytes(row))),
            };
            if !has_any {
                return Ok(Column::Dynamic(DynamicColumn::parse(texts)));
            }
            let written = call.map1::<StringType, StringType>(|text| Some(with_instants(text).into()))?;
            match written.as_strings() {
                Some(texts) => Ok(Column::Dynamic(DynamicColumn::parse(texts))),
                None => Err(call.broken("texts became something else")),
            }
        }
        _ => {
            let guard = Guard::new(call);
            let column = call.map1::<StringType, DynamicType>(|text| {
                guard.row(|| {
                    guard.spend(json::tree_bytes(text.as_bytes()))?;
                    Ok(Some(Dynamic::parse(&with_instants(text))))
                })
            });
            guard.finish(column)
        }
    }
}

fn get_type(call: &Call<'_>) -> Result<Column> {
    let column = call.argument(0)?;
    let data_type = column.scalar_type();
    if data_type != ScalarType::Dynamic {
        return Ok(Column::constant(Value::string(data_type.as_str()), ScalarType::String, call.rows));
    }
    call.map_values(|row| {
        Ok(Value::string(match row {
            [Value::Dynamic(Dynamic::String(text))] if is_instant(text) => ScalarType::DateTime.as_str(),
            [Value::Dynamic(it)] => it.type_name(),
            _ => Dynamic::Null.type_name(),
        }))
    })
}

/// The digits of a part of a version.
const PART_DIGITS: u32 = 8;

fn parse_version(call: &Call<'_>) -> Result<Column> {
    let too_large = std::cell::Cell::new(false);
    let parsed = call.map1::<StringType, DecimalType>(|text| {
        let number = version(text)?;
        let decimal = rust_decimal::Decimal::try_from_i128_with_scale(number, 0).ok().map(Decimal);
        too_large.set(too_large.get() || decimal.is_none());
        decimal
    })?;
    // Null would say that the text is no version.
    if too_large.get() {
        return Err(call.fail("a version whose first part is above 79227 does not fit into a decimal"));
    }
    Ok(parsed)
}

/// One to four parts of digits; missing ones are zero at the end.
fn version(text: &str) -> Option<i128> {
    let mut number = 0_i128;
    let mut parts = text.split('.');
    for _ in 0..4 {
        let part = match parts.next() {
            None => 0,
            Some(digits) => {
                let fits = (1..=PART_DIGITS as usize).contains(&digits.len())
                    && digits.bytes().all(|byte| byte.is_ascii_digit());
                digits.parse::<i128>().ok().filter(|_| fits)?
            }
        };
        number = number * 10_i128.pow(PART_DIGITS) + part;
    }
    parts.next().is_none().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::testing::{call, check};
    use crate::types::{DateTime, TimeSpan};

    fn decimal(text: &str) -> Value {
        Value::Decimal(Decimal::parse(text).unwrap())
    }

    // Expectations: SEMANTICS' recorded answers.
    #[test]
    fn texts() {
        check(FUNCTIONS, "tostring", &[true.into()], "True");
        check(FUNCTIONS, "tostring", &[Dynamic::Bool(true).into()], "true");
        check(FUNCTIONS, "tostring", &[1500.0.into()], "1500.0");
        check(FUNCTIONS, "tostring", &[(-0.0).into()], "-0.0");
        check(FUNCTIONS, "tostring", &[Dynamic::string("x").into()], "x");
        check(FUNCTIONS, "tostring", &[Value::Null], "");
        check(FUNCTIONS, "tostring", &[TimeSpan(TimeSpan::DAY).into()], "1.00:00:00");
        check(FUNCTIONS, "tostring", &[i32::MIN.into()], "-2147483648");
    }

    #[test]
    fn numbers() {
        check(FUNCTIONS, "toint", &[TimeSpan(TimeSpan::HOUR).into()], 1_640_261_632);
        check(FUNCTIONS, "tolong", &["0xFFFFFFFFFFFFFFFF".into()], -1_i64);
        check(FUNCTIONS, "todouble", &["Inf".into()], f64::INFINITY);
        check(FUNCTIONS, "tobool", &[Dynamic::string("0x10").into()], true);
        check(FUNCTIONS, "tobool", &[0.5.into()], true);
        check(FUNCTIONS, "todatetime", &[1.5.into()], DateTime(1));
        check(FUNCTIONS, "todecimal", &["0.1".into()], decimal("0.1"));
        check(FUNCTIONS, "todecimal", &[0.1.into()], decimal("0.1"));
    }

    #[test]
    fn hyphens_of_guids() {
        let guid = Guid(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        for text in [
            "0123456789ab-cdef-0123-456789abcdef",
            "{01234567-89ab-cdef-0123-456789abcdef}",
            "-0123456789abcdef0123456789abcdef",
        ] {
            check(FUNCTIONS, "toguid", &[text.into()], Value::Guid(guid));
            check(FUNCTIONS, "toguid", &[Dynamic::string(text).into()], Value::Guid(guid));
        }
        check(FUNCTIONS, "toguid", &["0123456789ab-cdef-0123-456789abcde".into()], Value::Null);
    }

    #[test]
    fn every_encoding_of_texts_converts_alike() {
        let texts = ["1", "x", " 7 ", "1", "", "2024-01-01", "1d"];
        let plain: crate::column::StringColumn = texts.into_iter().collect();
        let encoded = Column::String(plain.encode(10).unwrap());
        let plain = Column::String(plain);
        for name in
            ["toint", "tolong", "todouble", "todecimal", "tobool", "todatetime", "totimespan", "parse_json"]
        {
            let expected = call(FUNCTIONS, name, std::slice::from_ref(&plain));
            assert_eq!(call(FUNCTIONS, name, std::slice::from_ref(&encoded)), expected, "{name}");
            for (row, text) in texts.into_iter().enumerate() {
                let one = Column::constant(text.into(), ScalarType::String, 1);
                assert_eq!(call(FUNCTIONS, name, &[one]).value(0), expected.value(row), "{name}({text})");
            }
        }
    }

    #[test]
    fn versions() {
        check(FUNCTIONS, "parse_version", &["1".into()], decimal("1000000000000000000000000"));
        check(FUNCTIONS, "parse_version", &["0.0.0.1".into()], decimal("1"));
        check(FUNCTIONS, "parse_version", &["1.2.3.4.5".into()], Value::Null);
        check(FUNCTIONS, "parse_version", &["".into()], Value::Null);
        check(FUNCTIONS, "parse_version", &["0.0.0.123456789".into()], Value::Null);
    }

    #[test]
    fn dynamic_values_stay() {
        check(FUNCTIONS, "parse_json", &[Dynamic::string("[1]").into()], Dynamic::string("[1]"));
        check(FUNCTIONS, "parse_json", &["[1]".into()], Dynamic::array(vec![Dynamic::Long(1)]));
        check(FUNCTIONS, "parse_json", &["\"a\tb\"".into()], Dynamic::string("\"a\tb\""));
    }
}
