//! The content of an array or a property bag: shared by its copies, and with its size and depth, which nobody has to walk
//! over a tree for. It must not know what is in it.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// How deep dynamic values may be nested; what would be deeper is refused where it is made. Walks over values, and dropping
/// them, recurse as deep.
pub const MAX_DEPTH: usize = 512;

/// What an array or a property bag holds. Copies share it. It reads as the `Vec` or [`Bag`](super::Bag) that it holds.
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

impl<T> Nested<T> {
    /// Shares content whose members have so many bytes, and the deepest of which is so deep.
    pub(super) fn of(content: T, (bytes, depth): (usize, usize)) -> Self {
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
    fn what_is_compared_and_shown_is_the_content() {
        let (a, b) = (Nested::of(vec![1], (4, 0)), Nested::of(vec![1], (4, 0)));
        assert_eq!(a, b);
        assert_ne!(a.address(), b.address());
        assert_eq!((format!("{a:?}"), a.byte_size(), a.depth()), ("[1]".to_owned(), 4, 1));
    }
}
