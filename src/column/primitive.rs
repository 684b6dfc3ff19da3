//! Fixed-width values with validity, over shared buffers.

use arrow_buffer::{ArrowNativeType, BooleanBuffer, NullBuffer, ScalarBuffer};

use super::bits::{NO_ROW, bits_of, take_bits};

/// Which rows hold a value: all of them, or those whose bit is set.
#[derive(Debug, Clone, Default)]
pub struct Validity(Option<NullBuffer>);

impl Validity {
    /// Every row holds a value.
    pub const ALL: Validity = Validity(None);

    /// The rows whose bit is set hold a value.
    #[must_use]
    pub fn new(valid: BooleanBuffer) -> Self {
        let nulls = NullBuffer::new(valid);
        Self((nulls.null_count() > 0).then_some(nulls))
    }

    /// The bits; `None` where every row holds a value.
    #[must_use]
    pub const fn nulls(&self) -> Option<&NullBuffer> {
        self.0.as_ref()
    }

    /// It tells of that many rows.
    #[must_use]
    pub fn fits(&self, rows: usize) -> bool {
        self.0.as_ref().is_none_or(|nulls| nulls.len() == rows)
    }

    /// The row holds a value.
    #[must_use]
    pub fn is_valid(&self, row: usize) -> bool {
        self.0.as_ref().is_none_or(|nulls| nulls.is_valid(row))
    }

    /// Rows `offset .. offset + len`.
    #[must_use]
    pub fn slice(&self, offset: usize, len: usize) -> Self {
        Self(self.0.as_ref().map(|nulls| nulls.slice(offset, len)).filter(|nulls| nulls.null_count() > 0))
    }

    /// The given rows; `NO_ROW` holds none.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Self {
        if self.0.is_none() && !rows.contains(&NO_ROW) {
            return Self::ALL;
        }
        match &self.0 {
            None => Self::new(bits_of(rows, |row| row != NO_ROW)),
            Some(nulls) => Self::new(take_bits(nulls.inner(), rows)),
        }
    }

    /// Rows that hold a value in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(NullBuffer::union(self.0.as_ref(), other.0.as_ref()))
    }
}

/// Fixed-width values; the value of a null row is arbitrary.
#[derive(Debug, Clone)]
pub struct Primitive<T: ArrowNativeType> {
    values: ScalarBuffer<T>,
    validity: Validity,
}

impl<T: ArrowNativeType> Primitive<T> {
    /// A column of these values; the validity has as many rows.
    #[must_use]
    pub fn new(values: impl Into<ScalarBuffer<T>>, validity: Validity) -> Self {
        Self { values: values.into(), validity }
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// No rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values, null rows included.
    #[must_use]
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The values, null rows included, as a buffer that can be shared.
    #[must_use]
    pub const fn buffer(&self) -> &ScalarBuffer<T> {
        &self.values
    }

    /// Which rows hold a value.
    #[must_use]
    pub const fn validity(&self) -> &Validity {
        &self.validity
    }

    /// The row is null.
    #[must_use]
    pub fn is_null(&self, row: usize) -> bool {
        !self.validity.is_valid(row)
    }

    /// The row's value; `None` if it is null.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<T> {
        if self.validity.is_valid(row) { self.values.get(row).copied() } else { None }
    }

    /// Rows `offset .. offset + len`.
    #[must_use]
    pub fn slice(&self, offset: usize, len: usize) -> Self {
        Self { values: self.values.slice(offset, len), validity: self.validity.slice(offset, len) }
    }

    /// The given rows; `NO_ROW` gives null.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Self {
        let values: &[T] = &self.values;
        let picked: Vec<T> =
            rows.iter().map(|&row| values.get(row as usize).copied().unwrap_or_default()).collect();
        Self { values: picked.into(), validity: self.validity.take(rows) }
    }

    /// The same rows with each value mapped.
    #[must_use]
    pub fn map<U: ArrowNativeType>(&self, f: impl Fn(T) -> U) -> Primitive<U> {
        let values: Vec<U> = self.values.iter().map(|&value| f(value)).collect();
        Primitive { values: values.into(), validity: self.validity.clone() }
    }
}

impl<T: ArrowNativeType> FromIterator<Option<T>> for Primitive<T> {
    fn from_iter<I: IntoIterator<Item = Option<T>>>(values: I) -> Self {
        let values = values.into_iter();
        let mut out = Vec::with_capacity(values.size_hint().0);
        let mut valid: Option<arrow_buffer::BooleanBufferBuilder> = None;
        for value in values {
            match (value, &mut valid) {
                (Some(_), None) => {}
                (value, Some(bits)) => bits.append(value.is_some()),
                (None, bits @ None) => {
                    let mut builder = arrow_buffer::BooleanBufferBuilder::new(out.len() + 1);
                    builder.append_n(out.len(), true);
                    builder.append(false);
                    *bits = Some(builder);
                }
            }
            out.push(value.unwrap_or_default());
        }
        let validity = valid.map_or(Validity::ALL, |mut bits| Validity::new(bits.finish()));
        Self { values: out.into(), validity }
    }
}
