//! Which of two values is the more extreme. It must not know any aggregate.

use super::read::Read;
use crate::column::{BoolType, DecimalType, Element, LongType, RealType, StringType};
use crate::types::Decimal;

/// Types whose values have an order.
pub(super) trait OrderedElement: Element<Owned: Send> + Read {
    /// A row's value, to be kept.
    fn keep(row: Self::Row<'_>) -> Self::Owned;

    /// A kept value as a row gives it.
    fn lend(kept: &Self::Owned) -> Self::Row<'_>;

    /// The row's value goes further than the kept one: up for `MAX`, else down. NaN goes furthest both ways.
    fn beats<const MAX: bool>(row: &Self::Row<'_>, kept: &Self::Owned) -> bool;

    /// How many bytes a kept value holds beside its own size.
    fn heap(_: &Self::Owned) -> usize {
        0
    }
}

macro_rules! ordered {
    ($($element:ident: $type:ty;)*) => {
        $(impl OrderedElement for $element {
            #[inline]
            fn keep(row: $type) -> $type {
                row
            }

            #[inline]
            fn lend(kept: &$type) -> $type {
                *kept
            }

            #[inline]
            fn beats<const MAX: bool>(row: &$type, kept: &$type) -> bool {
                if MAX { row > kept } else { row < kept }
            }
        })*
    };
}

ordered! {
    BoolType: bool;
    LongType: i64;
    DecimalType: Decimal;
}

impl OrderedElement for RealType {
    #[inline]
    fn keep(row: f64) -> f64 {
        row
    }

    #[inline]
    fn lend(kept: &f64) -> f64 {
        *kept
    }

    #[inline]
    fn beats<const MAX: bool>(row: &f64, kept: &f64) -> bool {
        let further = if MAX { row > kept } else { row < kept };
        further || (row.is_nan() && !kept.is_nan())
    }
}

impl OrderedElement for StringType {
    fn keep(row: &[u8]) -> String {
        String::from_utf8_lossy(row).into_owned()
    }

    fn lend(kept: &String) -> &[u8] {
        kept.as_bytes()
    }

    #[inline]
    fn beats<const MAX: bool>(row: &&[u8], kept: &String) -> bool {
        if MAX { *row > kept.as_bytes() } else { *row < kept.as_bytes() }
    }

    fn heap(kept: &String) -> usize {
        kept.capacity()
    }
}
