//! The allocator of the command line. It must not know what the memory is for.

/// Columns are large and short-lived: this allocator keeps their memory, where the system's gives it back page by page.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The allocator's number for the delay after which memory that is free goes back to the system, see its `mimalloc.h`.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Memory once taken is kept to the end of the process, unless `MIMALLOC_PURGE_DELAY` says otherwise: pages that were given
/// back would have to be cleared by the system when they are needed again. For groups by unique keys with two threads
/// that clearing is half of the time (`benches/compare`, "group by unique keys": 127 ms with it, 56 ms without).
#[expect(unsafe_code, reason = "the allocator's options are set by a C function")]
pub(crate) fn keep_memory() {
    // SAFETY: the function takes two numbers, and changes one of the allocator's options.
    unsafe { libmimalloc_sys::mi_option_set_default(PURGE_DELAY, -1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(unsafe_code, reason = "as above")]
    fn the_option_is_the_one_meant() {
        // SAFETY: as above.
        let before = unsafe { libmimalloc_sys::mi_option_get(PURGE_DELAY) };
        // A second, as the header says; another version of the allocator may number its options anew.
        assert_eq!(before, 1000);
        keep_memory();
        // SAFETY: as above.
        assert_eq!(unsafe { libmimalloc_sys::mi_option_get(PURGE_DELAY) }, -1);
    }
}
