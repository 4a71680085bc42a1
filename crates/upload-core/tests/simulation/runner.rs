//! Tells the stories of many seeds on all cores, and of one that goes wrong everything there is to know.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    env,
    panic::{self, AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex, Once,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread,
};

use crate::{dice::Dice, story, world::World};

/// How many stories an ordinary test run tells.
pub(crate) const USUAL_SEEDS: u64 = 2_000;

type Tally = BTreeMap<&'static str, u64>;

/// A story that was told.
pub(crate) struct Told {
    pub(crate) trace: Vec<String>,
    /// What was wrong in it.
    pub(crate) result: Result<Tally, String>,
}

/// The first seed and how many.
pub(crate) fn chosen() -> (u64, u64) {
    let number =
        |name| env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}: {text}")));
    match number("SIMULATE_SEED") {
        Some(seed) => (seed, 1),
        None => (number("SIMULATE_FROM").unwrap_or(0), number("SIMULATE_SEEDS").unwrap_or(USUAL_SEEDS)),
    }
}

pub(crate) fn tell(seed: u64, traced: bool) -> Told {
    keep_panics();
    WRONG.set(Some(String::new()));
    let world = World::new(Dice::new(seed), traced);
    let result = catch_unwind(AssertUnwindSafe(|| story::tell(&world)));
    let wrong = WRONG.take().unwrap_or_default();
    Told { trace: world.take_trace(), result: result.map_err(|_| wrong) }
}

thread_local! {
    /// What went wrong in the story that this thread is telling, if it is.
    static WRONG: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A panic in a story is no more than its end: it is reported once, with its story.
fn keep_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let telling =
                WRONG.with_borrow_mut(|wrong| wrong.as_mut().map(|wrong| *wrong = info.to_string()));
            if telling.is_none() {
                usual(info);
            }
        }));
    });
}

/// Tells them all; panics at the first that goes wrong.
pub(crate) fn tell_all(from: u64, seeds: u64) -> Tally {
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let (tally, wrong) = (Mutex::new(Tally::new()), Mutex::new(Vec::new()));
    let work = || {
        let mut own = Tally::new();
        while !stop.load(Relaxed) {
            let place = next.fetch_add(1, Relaxed);
            if place >= seeds {
                break;
            }
            match tell(from + place, false).result {
                Ok(told) => add(&mut own, told),
                Err(_) => {
                    stop.store(true, Relaxed);
                    wrong.lock().unwrap().push(from + place);
                }
            }
        }
        add(&mut tally.lock().unwrap(), own);
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    if let Some(seed) = wrong.into_inner().unwrap().into_iter().min() {
        report(seed);
    }
    if seeds == 1 {
        println!("{}", tell(from, true).trace.join("\n"));
    }
    tally.into_inner().unwrap()
}

fn add(all: &mut Tally, more: Tally) {
    more.into_iter().for_each(|(subject, count)| *all.entry(subject).or_default() += count);
}

fn report(seed: u64) -> ! {
    let Told { trace, result } = tell(seed, true);
    let why = result
        .err()
        .unwrap_or_else(|| "it went well the second time: something is not drawn from its seed".into());
    println!("{}", trace.join("\n"));
    panic!("simulation: seed {seed}: {why}\n  the trace is above; again: cargo xtask simulate --seed {seed}");
}
