//! Work that is shared between the cores.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread;

/// The least that is worth a thread: some files of a suite.
const LEAST: usize = 64;

/// What `f` makes of each, in their order.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    // How many there are is not free to ask.
    let cores = match items.len() {
        0..=LEAST => 1,
        _ => thread::available_parallelism().map_or(1, NonZero::get),
    };
    let mut shares = items.chunks(items.len().div_ceil(cores).max(LEAST));
    thread::scope(|scope| {
        let ours = shares.next().unwrap_or_default();
        let others: Vec<_> = shares
            .map(|share| scope.spawn(|| share.iter().map(&f).collect::<Vec<R>>()))
            .collect();
        let mut made: Vec<R> = ours.iter().map(&f).collect();
        for other in others {
            made.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        made
    })
}

/// What each of two makes.
#[cfg(feature = "cli")]
pub(crate) fn both<A, B: Send>(
    one: impl FnOnce() -> A,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    thread::scope(|scope| {
        let other = scope.spawn(other);
        let one = one();
        (
            one,
            other.join().unwrap_or_else(|panic| resume_unwind(panic)),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_made_once_and_in_order() {
        for many in [0, 1, LEAST, LEAST + 1, 10 * LEAST + 7] {
            let items: Vec<usize> = (0..many).collect();
            let doubled: Vec<usize> = items.iter().map(|item| 2 * item).collect();
            assert_eq!(map(&items, |item| 2 * item), doubled);
        }
    }

    #[test]
    #[should_panic(expected = "the last one")]
    fn a_panic_over_there_is_one_here() {
        let items: Vec<usize> = (0..10 * LEAST).collect();
        map(&items, |&item| {
            assert!(item + 1 < 10 * LEAST, "the last one");
        });
    }
}
