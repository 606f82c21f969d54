//! Memory that is zeroed when it is given back, for commands that read credentials.
//!
//! Values lie in [`zeroize::Zeroizing`], but parsers and buffers make copies of their own. So once such a command has
//! begun, everything that its process gives back is zeroed first, whoever held it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, Ordering};

static WIPING: AtomicBool = AtomicBool::new(false);

/// From now on, memory is zeroed when it is given back.
pub fn wipe_from_now_on() {
    WIPING.store(true, Ordering::Relaxed);
}

/// The system's allocator, which zeroes what it takes back once [`wipe_from_now_on`] was called.
#[derive(Debug)]
pub struct WipingAllocator;

// SAFETY: all is left to the system's allocator; what is written to belongs to the allocation that is being given back.
unsafe impl GlobalAlloc for WipingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps to the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if WIPING.load(Ordering::Relaxed) {
            // SAFETY: the allocation has `layout.size()` bytes and is nobody else's any more.
            unsafe { wipe(pointer, layout.size()) };
        }
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !WIPING.load(Ordering::Relaxed) {
            // SAFETY: as above.
            return unsafe { System.realloc(pointer, layout, size) };
        }
        // the system might move it and leave a copy behind
        // SAFETY: the caller vouches that `size` is valid with this alignment; the new allocation has room for the
        // bytes that are copied, and the two do not overlap.
        unsafe {
            let new = System.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !new.is_null() {
                std::ptr::copy_nonoverlapping(pointer, new, layout.size().min(size));
                self.dealloc(pointer, layout);
            }
            new
        }
    }
}

/// Zeroes `size` bytes in a way that is not optimized away.
///
/// # Safety
/// They must be writable.
unsafe fn wipe(pointer: *mut u8, size: usize) {
    // SAFETY: the caller vouches for `size` bytes.
    unsafe { std::ptr::write_bytes(pointer, 0, size) };
    std::hint::black_box(pointer);
    std::sync::atomic::compiler_fence(Ordering::SeqCst);
}
