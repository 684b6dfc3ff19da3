//! The content of an array or a property bag: shared by its copies, and with its size and depth, which nobody has to walk
//! over a tree for. It must not know what is done with values.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::Dynamic;
use super::dynamic::Bag;

/// How deep dynamic values may be nested; what would be deeper is refused where it is made. Walks over values, and dropping
/// them, recurse as deep.
pub const MAX_DEPTH: usize = 512;

/// What an array or a property bag holds. Copies share it. It reads as the `Vec` or [`Bag`] that it holds.
///
/// ```
/// use kqlite::Dynamic;
///
/// let inner = Dynamic::array(vec![Dynamic::Long(1); 10]);
/// let outer = Dynamic::array(vec![inner.clone(), inner]);
/// assert_eq!((outer.depth(), outer.as_array().map(<[Dynamic]>::len)), (2, Some(2)));
/// ```
pub struct Nested<T>(Arc<NestedContent<T>>);

struct NestedContent<T> {
    content: T,
    bytes: usize,
    depth: usize,
}

/// Adds up sizes, and finds the deepest.
fn sum<'a>(members: impl Iterator<Item = (usize, &'a Dynamic)>) -> (usize, usize) {
    members.fold((0, 0), |(bytes, depth), (key, value)| {
        (bytes.saturating_add(key).saturating_add(value.byte_size()), depth.max(value.depth()))
    })
}

/// What an entry of a bag takes beside its key's text and its value: the key's reference and counts, a hash, and its place
/// in the table, of which a part is empty.
const ENTRY_BYTES: usize = 64;

impl Nested<Vec<Dynamic>> {
    /// Shares the items of an array.
    pub(super) fn of_items(items: Vec<Dynamic>) -> Self {
        let measured = sum(items.iter().map(|item| (0, item)));
        Self::of(items, measured)
    }
}

impl Nested<Bag> {
    /// Shares the members of a bag.
    pub(super) fn of_members(bag: Bag) -> Self {
        let measured = sum(bag.iter().map(|(key, value)| (key.len() + ENTRY_BYTES, value)));
        Self::of(bag, measured)
    }
}

impl<T> Nested<T> {
    fn of(content: T, (bytes, depth): (usize, usize)) -> Self {
        Self(Arc::new(NestedContent { content, bytes, depth: depth.saturating_add(1) }))
    }

    /// The bytes of all that is in it, counted as often as it is in it.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        self.0.bytes
    }

    /// How deep it is nested: 1 if it holds no other.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.0.depth
    }

    /// What tells shared content apart: the same for copies.
    #[must_use]
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }
}

impl<T> Deref for Nested<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.content
    }
}

impl<T> Clone for Nested<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: PartialEq> PartialEq for Nested<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.content == other.0.content
    }
}

impl<T: fmt::Debug> fmt::Debug for Nested<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.content.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_content_counts_as_often_as_it_is_there() {
        let mut value = Dynamic::array(vec![Dynamic::Long(1)]);
        for depth in 2..100 {
            let before = value.byte_size();
            value = Dynamic::array(vec![value; 10]);
            assert_eq!(value.depth(), depth);
            assert!(value.byte_size() >= before.saturating_mul(10));
        }
        // 10^98 leaves: more than can be counted, and counted at once.
        assert_eq!(value.byte_size(), usize::MAX);
    }

    #[test]
    fn what_is_compared_and_shown_is_the_content() {
        let (a, b) = (Nested::of_items(vec![Dynamic::Null]), Nested::of_items(vec![Dynamic::Null]));
        assert_eq!(a, b);
        assert_ne!(a.address(), b.address());
        assert_eq!(format!("{a:?}"), "[Null]");
    }
}
