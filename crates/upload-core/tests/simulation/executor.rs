//! One thread, one future, and time that passes when it waits.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use futures::{
    pin_mut,
    task::{ArcWake, waker},
};

use crate::world::World;

/// No process of these stories takes as many polls.
const MOST_POLLS: u32 = 100_000;

struct Woken(AtomicBool);

impl ArcWake for Woken {
    fn wake_by_ref(this: &Arc<Self>) {
        this.0.store(true, Relaxed);
    }
}

/// Runs a process to its end; `None` when it died on the way.
pub(crate) fn run<F: Future>(world: &World, process: F) -> Option<F::Output> {
    pin_mut!(process);
    let woken = Arc::new(Woken(AtomicBool::new(true)));
    let waker = waker(woken.clone());
    let mut cx = Context::from_waker(&waker);
    for _ in 0..MOST_POLLS {
        world.step();
        if world.is_dead() {
            return None;
        }
        if woken.0.swap(false, Relaxed)
            && let Poll::Ready(output) = process.as_mut().poll(&mut cx)
        {
            return (!world.is_dead()).then_some(output);
        }
        if !woken.0.load(Relaxed) && !world.is_dead() {
            world.pass_time();
        }
    }
    panic!("the process never ended");
}
