//! Columns as bytes and back, for rows that leave memory for a while. What was written is read by the same program in the
//! same run: the bytes have no version. It must not know where they are kept.

use std::sync::Arc;

use arrow_buffer::{BooleanBuffer, Buffer, ScalarBuffer, ToByteSlice};

use super::{Column, DynamicColumn, Primitive, StringColumn, Validity};
use crate::types::{Bag, DateTime, Decimal, Dynamic, Guid, ScalarType, TimeSpan, Value};

/// Appends the rows of some columns, which are of one length.
pub(crate) fn encode_rows(columns: &[Column], rows: usize, out: &mut Vec<u8>) {
    put_count(rows, out);
    columns.iter().for_each(|column| encode_column(column, out));
}

/// The columns that [`encode_rows`] wrote, and how many rows they have; `None` where the bytes are not what it wrote.
pub(crate) fn decode_rows(types: &[ScalarType], bytes: &[u8]) -> Option<(Vec<Column>, usize)> {
    let mut bytes = Bytes(bytes);
    let rows = bytes.count()?;
    let columns = types.iter().map(|data_type| decode_column(*data_type, rows, &mut bytes));
    let columns = columns.collect::<Option<Vec<_>>>()?;
    bytes.0.is_empty().then_some((columns, rows))
}

/// How a column is written, beside its type.
const PLAIN: u8 = 0;
const NULLS: u8 = 1;
const WITH_CODES: u8 = 2;
const JSON: u8 = 3;

fn encode_column(column: &Column, out: &mut Vec<u8>) {
    match column {
        Column::Bool(values, validity) => {
            out.push(PLAIN);
            put_validity(validity, out);
            put_bits(values, out);
        }
        Column::Int(it) => put_primitive(it, out),
        Column::Long(it) | Column::DateTime(it) | Column::TimeSpan(it) => put_primitive(it, out),
        Column::Real(it) => put_primitive(it, out),
        Column::Decimal(it) | Column::Guid(it) => put_primitive(it, out),
        Column::String(texts) => put_texts(texts, out),
        Column::Dynamic(values) => match values.json() {
            Some(texts) => {
                out.push(JSON);
                put_texts(texts, out);
            }
            None => {
                out.push(PLAIN);
                values.values().iter().for_each(|value| put_dynamic(value, out));
            }
        },
        Column::Constant(it) if it.value == Value::null_of(it.data_type) => out.push(NULLS),
        Column::Constant(_) => encode_column(&column.to_flat(), out),
    }
}

fn decode_column(data_type: ScalarType, rows: usize, bytes: &mut Bytes<'_>) -> Option<Column> {
    let form = bytes.byte()?;
    if form == NULLS {
        return Some(Column::nulls(data_type, rows));
    }
    Some(match data_type {
        ScalarType::Bool => {
            let validity = bytes.validity(rows)?;
            Column::Bool(bytes.bits(rows)?, validity)
        }
        ScalarType::Int => Column::Int(bytes.primitive(rows)?),
        ScalarType::Long => Column::Long(bytes.primitive(rows)?),
        ScalarType::DateTime => Column::DateTime(bytes.primitive(rows)?),
        ScalarType::TimeSpan => Column::TimeSpan(bytes.primitive(rows)?),
        ScalarType::Real => Column::Real(bytes.primitive(rows)?),
        ScalarType::Decimal => Column::Decimal(bytes.primitive(rows)?),
        ScalarType::Guid => Column::Guid(bytes.primitive(rows)?),
        ScalarType::String => Column::String(bytes.texts(form, rows)?),
        ScalarType::Dynamic if form == JSON => {
            let form = bytes.byte()?;
            Column::Dynamic(DynamicColumn::from_json(bytes.texts(form, rows)?))
        }
        ScalarType::Dynamic => {
            let values = (0..rows).map(|_| bytes.dynamic()).collect::<Option<_>>()?;
            Column::Dynamic(DynamicColumn::new(values))
        }
    })
}

fn put_count(count: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&(count as u64).to_le_bytes());
}

fn put_bits(bits: &BooleanBuffer, out: &mut Vec<u8>) {
    let packed = bits.sliced();
    out.extend_from_slice(packed.get(..bits.len().div_ceil(8)).unwrap_or_default());
}

fn put_validity(validity: &Validity, out: &mut Vec<u8>) {
    match validity.nulls() {
        None => out.push(0),
        Some(nulls) => {
            out.push(1);
            put_bits(nulls.inner(), out);
        }
    }
}

fn put_primitive<T: arrow_buffer::ArrowNativeType>(column: &Primitive<T>, out: &mut Vec<u8>) {
    out.push(PLAIN);
    put_validity(column.validity(), out);
    out.extend_from_slice(column.values().to_byte_slice());
}

/// Texts: codes if there are fewer values of them than rows, and each text once.
fn put_texts(texts: &StringColumn, out: &mut Vec<u8>) {
    let plain;
    let texts = match texts.dictionary() {
        // Rows that were taken from many have a dictionary that is mostly of others.
        Some((_, values)) if values > texts.len() => {
            plain = texts.to_plain();
            &plain
        }
        _ => texts,
    };
    let (codes, offsets, bytes) = texts.to_parts();
    match &codes {
        None => out.push(PLAIN),
        Some(codes) => {
            out.push(WITH_CODES);
            out.extend_from_slice(codes.to_byte_slice());
        }
    }
    let (first, last) = (offsets.first().copied().unwrap_or(0), offsets.last().copied().unwrap_or(0));
    put_count(offsets.len(), out);
    offsets.iter().for_each(|offset| out.extend_from_slice(&(offset - first).to_le_bytes()));
    out.extend_from_slice(bytes.get(first as usize..last as usize).unwrap_or_default());
}

/// What a dynamic value is, as its first byte.
mod tag {
    pub(super) const NULL: u8 = 0;
    pub(super) const FALSE: u8 = 1;
    pub(super) const TRUE: u8 = 2;
    pub(super) const LONG: u8 = 3;
    pub(super) const REAL: u8 = 4;
    pub(super) const STRING: u8 = 5;
    pub(super) const DATETIME: u8 = 6;
    pub(super) const TIMESPAN: u8 = 7;
    pub(super) const GUID: u8 = 8;
    pub(super) const DECIMAL: u8 = 9;
    pub(super) const ARRAY: u8 = 10;
    pub(super) const BAG: u8 = 11;
}

fn put_text(text: &str, out: &mut Vec<u8>) {
    put_count(text.len(), out);
    out.extend_from_slice(text.as_bytes());
}

/// How deep a value is nested is bounded where it is made.
fn put_dynamic(value: &Dynamic, out: &mut Vec<u8>) {
    let mut scalar = |tag: u8, bytes: &[u8]| {
        out.push(tag);
        out.extend_from_slice(bytes);
    };
    match value {
        Dynamic::Null => scalar(tag::NULL, &[]),
        Dynamic::Bool(false) => scalar(tag::FALSE, &[]),
        Dynamic::Bool(true) => scalar(tag::TRUE, &[]),
        Dynamic::Long(n) => scalar(tag::LONG, &n.to_le_bytes()),
        Dynamic::Real(n) => scalar(tag::REAL, &n.to_bits().to_le_bytes()),
        Dynamic::DateTime(it) => scalar(tag::DATETIME, &it.0.to_le_bytes()),
        Dynamic::TimeSpan(it) => scalar(tag::TIMESPAN, &it.0.to_le_bytes()),
        Dynamic::Guid(it) => scalar(tag::GUID, &it.0.to_le_bytes()),
        Dynamic::Decimal(it) => scalar(tag::DECIMAL, &it.to_bits().to_le_bytes()),
        Dynamic::String(text) => {
            out.push(tag::STRING);
            put_text(text, out);
        }
        Dynamic::Array(items) => {
            out.push(tag::ARRAY);
            put_count(items.len(), out);
            items.iter().for_each(|item| put_dynamic(item, out));
        }
        Dynamic::Bag(bag) => {
            out.push(tag::BAG);
            put_count(bag.len(), out);
            for (key, value) in bag.iter() {
                put_text(key, out);
                put_dynamic(value, out);
            }
        }
    }
}

/// What is left to read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, left) = self.0.split_at_checked(count)?;
        self.0 = left;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    /// A number of things of which each has a byte at least.
    fn count(&mut self) -> Option<usize> {
        usize::try_from(u64::from_le_bytes(self.array()?)).ok()
    }

    fn bits(&mut self, rows: usize) -> Option<BooleanBuffer> {
        let bytes = self.take(rows.div_ceil(8))?;
        Some(BooleanBuffer::new(Buffer::from(bytes), 0, rows))
    }

    fn validity(&mut self, rows: usize) -> Option<Validity> {
        match self.byte()? {
            0 => Some(Validity::ALL),
            _ => Some(Validity::new(self.bits(rows)?)),
        }
    }

    /// Numbers, copied to where numbers may lie.
    fn numbers<T: arrow_buffer::ArrowNativeType>(&mut self, count: usize) -> Option<ScalarBuffer<T>> {
        let bytes = self.take(count.checked_mul(size_of::<T>())?)?;
        Some(ScalarBuffer::new(Buffer::from(bytes), 0, count))
    }

    fn primitive<T: arrow_buffer::ArrowNativeType>(&mut self, rows: usize) -> Option<Primitive<T>> {
        let validity = self.validity(rows)?;
        Some(Primitive::new(self.numbers::<T>(rows)?, validity))
    }

    fn texts(&mut self, form: u8, rows: usize) -> Option<StringColumn> {
        let codes = if form == WITH_CODES { Some(self.numbers::<u32>(rows)?) } else { None };
        let count = self.count()?;
        let offsets = self.numbers::<u64>(count)?;
        let bytes = self.take(usize::try_from(offsets.last().copied()?).ok()?)?;
        StringColumn::from_parts(codes, offsets, Buffer::from(bytes)).ok().filter(|it| it.len() == rows)
    }

    fn text(&mut self) -> Option<&'a str> {
        let count = self.count()?;
        std::str::from_utf8(self.take(count)?).ok()
    }

    fn dynamic(&mut self) -> Option<Dynamic> {
        Some(match self.byte()? {
            tag::NULL => Dynamic::Null,
            tag::FALSE => Dynamic::Bool(false),
            tag::TRUE => Dynamic::Bool(true),
            tag::LONG => Dynamic::Long(i64::from_le_bytes(self.array()?)),
            tag::REAL => Dynamic::Real(f64::from_bits(u64::from_le_bytes(self.array()?))),
            tag::STRING => Dynamic::string(self.text()?),
            tag::DATETIME => Dynamic::DateTime(DateTime(i64::from_le_bytes(self.array()?))),
            tag::TIMESPAN => Dynamic::TimeSpan(TimeSpan(i64::from_le_bytes(self.array()?))),
            tag::GUID => Dynamic::Guid(Guid(u128::from_le_bytes(self.array()?))),
            tag::DECIMAL => Dynamic::Decimal(Decimal::from_bits(i128::from_le_bytes(self.array()?))),
            tag::ARRAY => {
                let count = self.count()?;
                Dynamic::array((0..count).map(|_| self.dynamic()).collect::<Option<_>>()?)
            }
            tag::BAG => {
                let count = self.count()?;
                let mut bag = Bag::default();
                for _ in 0..count {
                    let key: Arc<str> = self.text()?.into();
                    bag.insert(key, self.dynamic()?);
                }
                Dynamic::bag(bag)
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::ColumnBuilder;

    /// Values of every type, with nulls and what is rare.
    fn values(data_type: ScalarType) -> Vec<Value> {
        let mut values = match data_type {
            ScalarType::Bool => vec![Value::Bool(true), Value::Bool(false)],
            ScalarType::Int => vec![Value::Int(i32::MIN), Value::Int(7)],
            ScalarType::Long => vec![Value::Long(i64::MAX), Value::Long(-1)],
            ScalarType::Real => vec![Value::Real(f64::NAN), Value::Real(-0.0), Value::Real(5e-324)],
            ScalarType::Decimal => vec![Value::Decimal(Decimal::parse("1.50").unwrap())],
            ScalarType::String => vec![Value::from("é€😀"), Value::from(""), Value::from("a\0b")],
            ScalarType::DateTime => vec![Value::DateTime(DateTime(0)), Value::DateTime(DateTime(i64::MAX))],
            ScalarType::TimeSpan => vec![Value::TimeSpan(TimeSpan(-1))],
            ScalarType::Guid => vec![Value::Guid(Guid(u128::MAX))],
            ScalarType::Dynamic => {
                let bag: Bag =
                    [("k".into(), Dynamic::Long(1)), ("".into(), Dynamic::Null)].into_iter().collect();
                let all = vec![
                    Dynamic::Bool(true),
                    Dynamic::Bool(false),
                    Dynamic::Real(1.0),
                    Dynamic::string("text"),
                    Dynamic::DateTime(DateTime(5)),
                    Dynamic::TimeSpan(TimeSpan(6)),
                    Dynamic::Guid(Guid(7)),
                    Dynamic::Decimal(Decimal::parse("0.10").unwrap()),
                    Dynamic::bag(bag),
                    Dynamic::Null,
                ];
                vec![Value::Dynamic(Dynamic::array(all)), Value::Dynamic(Dynamic::string("t"))]
            }
        };
        values.push(Value::null_of(data_type));
        values
    }

    #[track_caller]
    fn assert_comes_back(column: &Column) {
        let mut bytes = Vec::new();
        encode_rows(std::slice::from_ref(column), column.len(), &mut bytes);
        let (columns, rows) = decode_rows(&[column.scalar_type()], &bytes).unwrap();
        assert_eq!(rows, column.len());
        // By the text of what they are made of, which tells -0.0 from 0.0 and a long from a real.
        let written = |column: &Column| format!("{:?}", column.values().collect::<Vec<_>>());
        assert_eq!(written(&columns[0]), written(column));
        for end in 0..bytes.len() {
            assert!(decode_rows(&[column.scalar_type()], &bytes[..end]).is_none(), "cut at {end}");
        }
    }

    #[test]
    fn columns_of_every_type_come_back() {
        for data_type in ScalarType::ALL {
            let mut builder = ColumnBuilder::new(data_type);
            values(data_type).iter().for_each(|value| builder.push(value));
            let column = builder.finish();
            assert_comes_back(&column);
            assert_comes_back(&column.slice(1, 1));
            assert_comes_back(&column.slice(1, 0));
            assert_comes_back(&column.take(&[1, 0, 1, crate::column::NO_ROW]));
            assert_comes_back(&Column::nulls(data_type, 5));
            assert_comes_back(&Column::constant(values(data_type).remove(0), data_type, 5));
        }
    }

    #[test]
    fn dictionaries_and_json_come_back() {
        let texts: StringColumn = (0..900).map(|n| if n % 3 == 0 { "three" } else { "" }).collect();
        let encoded = Column::String(texts).compact();
        assert!(encoded.as_strings().and_then(StringColumn::dictionary).is_some());
        assert_comes_back(&encoded.slice(3, 40));
        assert_comes_back(&encoded.slice(3, 1));
        let json: StringColumn = [r#"{"a":[1,2.0]}"#, "", "null", r#""text""#].into_iter().collect();
        assert_comes_back(&Column::Dynamic(DynamicColumn::from_json(json)));
    }
}
