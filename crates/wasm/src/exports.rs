//! What a page calls: memory for a request, the call, and where the answer is. It must not know what requests ask.
//!
//! A page writes its request into the memory that `kqlite_request` gives, calls `kqlite_call`, and reads as many bytes as that
//! says from where `kqlite_answer` points. Plain exports need no program that writes the page's half, nor any import.
#![allow(unsafe_code, reason = "an exported name is unsafe to declare, since another one could be the same")]

use std::cell::RefCell;

use crate::playground::Playground;

/// A page has one worker, and a worker has one of these.
#[derive(Default)]
struct Exchange {
    playground: Playground,
    request: Vec<u8>,
    answer: String,
}

thread_local! {
    static EXCHANGE: RefCell<Exchange> = RefCell::default();
}

/// Makes room for a request of so many bytes, and says where it is.
#[unsafe(no_mangle)]
pub extern "C" fn kqlite_request(bytes: usize) -> *mut u8 {
    EXCHANGE.with_borrow_mut(|it| {
        it.request.clear();
        it.request.resize(bytes, 0);
        it.request.as_mut_ptr()
    })
}

/// Answers the request, and says how many bytes the answer has.
#[unsafe(no_mangle)]
pub extern "C" fn kqlite_call() -> usize {
    EXCHANGE.with_borrow_mut(|it| {
        let request = std::mem::take(&mut it.request);
        it.answer = it.playground.answer(&String::from_utf8_lossy(&request));
        it.answer.len()
    })
}

/// Says where the answer is, until the next call.
#[unsafe(no_mangle)]
pub extern "C" fn kqlite_answer() -> *const u8 {
    EXCHANGE.with_borrow(|it| it.answer.as_ptr())
}
