//! All there is in a story: the time, the file, the disk, the platform, and what befalls them at which step.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    books::Books,
    clock::Time,
    dice::Dice,
    disk::Disk,
    file::{Edit, File},
    server::Server,
};

#[derive(Clone)]
pub(crate) struct World(Arc<Mutex<State>>);

pub(crate) struct State {
    pub(crate) dice: Dice,
    pub(crate) time: Time,
    pub(crate) file: File,
    pub(crate) disk: Disk,
    pub(crate) server: Server,
    pub(crate) books: Books,
    /// How many requests in a hundred meet trouble in this run; none where all is calm.
    pub(crate) trouble: u32,
    /// Whether this run compares the ETags with what was sent, so that bytes that were altered on the way are found out.
    pub(crate) verify: bool,
    /// How often the file's content was edited in this run.
    pub(crate) edits: u32,
    pub(crate) cancelled: bool,
    death: Option<Death>,
    step: u64,
    mishaps: Vec<(u64, Mishap)>,
    /// What came to pass how often, over the story.
    pub(crate) tally: BTreeMap<&'static str, u64>,
    trace: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Death {
    /// The process is gone.
    Kill,
    /// The whole machine is.
    Power,
}

/// What may happen at any step of a run. A step is a poll, a change on the disk, or a request's way to the server or
/// back.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mishap {
    Die(Death),
    Cancel,
    Edit(Edit),
    Forget,
}

impl World {
    pub(crate) fn new(mut dice: Dice, traced: bool) -> Self {
        const MIB: u64 = 1024 * 1024;
        let size = match dice.between(0, 9) {
            0 => dice.between(1, 5 * MIB),
            1 => 5 * MIB * dice.between(1, 4),
            2 => dice.between(40 * MIB, 80 * MIB),
            _ => dice.between(5 * MIB, 40 * MIB),
        };
        let (file, server) = (File::draw(size, &mut dice), Server::draw(&mut dice));
        let state = State {
            dice,
            time: Time::default(),
            file,
            disk: Disk::default(),
            server,
            books: Books::default(),
            trouble: 0,
            verify: false,
            edits: 0,
            cancelled: false,
            death: None,
            step: 0,
            mishaps: Vec::new(),
            tally: BTreeMap::new(),
            trace: traced.then(Vec::new),
        };
        Self(Arc::new(Mutex::new(state)))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // A check that failed has poisoned it; what is dropped then only wants its place back.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A process starts, to which these things will happen.
    pub(crate) fn begin(&self, mishaps: Vec<(u64, Mishap)>) {
        let mut state = self.state();
        (state.death, state.cancelled, state.edits, state.step) = (None, false, 0, 0);
        state.mishaps = mishaps;
    }

    /// Anything may happen here.
    pub(crate) fn step(&self) {
        self.state().step();
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.state().death.is_some()
    }

    /// The process is no more, however it ended.
    pub(crate) fn over(&self) {
        let mut state = self.state();
        let now = state.time.now;
        state.disk.kill();
        state.books.process_over(now);
        if state.death == Some(Death::Power) {
            state.reboot();
        }
    }

    /// Nobody can go on: the time passes until somebody can.
    pub(crate) fn pass_time(&self) {
        let mut state = self.state();
        let timer = state.time.next_timer();
        let next = timer.into_iter().chain(state.disk.next_sync()).min();
        state.time.now = next.expect("everything waits, and for nothing").max(state.time.now);
        let now = state.time.now;
        state.disk.sync_due(now);
        state.time.fire();
    }

    /// Changes something on the disk, unless the process is dead by then.
    pub(crate) fn write<T: Default>(
        &self,
        what: impl fmt::Display,
        change: impl FnOnce(&mut Disk) -> T,
    ) -> T {
        let mut state = self.state();
        state.step();
        if state.death.is_some() {
            return T::default();
        }
        state.note(|| format!("disk: {what}"));
        change(&mut state.disk)
    }

    pub(crate) fn note(&self, what: impl FnOnce() -> String) {
        self.state().note(what);
    }

    pub(crate) fn count(&self, what: &'static str) {
        self.state().count(what);
    }

    pub(crate) fn take_trace(&self) -> Vec<String> {
        self.state().trace.take().unwrap_or_default()
    }
}

impl State {
    fn step(&mut self) {
        self.step += 1;
        while let Some((_, mishap)) = self.mishaps.pop_if(|(step, _)| *step <= self.step) {
            if self.death.is_none() {
                self.befall(mishap);
            }
        }
    }

    pub(crate) fn befall(&mut self, mishap: Mishap) {
        self.note(|| format!("mishap: {mishap:?}"));
        match mishap {
            Mishap::Die(death) => {
                self.count(if death == Death::Kill { "killed" } else { "power lost" });
                self.death = Some(death);
                self.disk.kill();
                self.books.die(self.time.now);
            }
            Mishap::Cancel => {
                self.count("cancelled");
                self.cancelled = true;
            }
            Mishap::Edit(edit) => {
                self.count(if edit == Edit::Touch { "touched" } else { "edited" });
                self.edits += u32::from(edit != Edit::Touch);
                self.file.edit(edit, &mut self.dice);
            }
            Mishap::Forget => {
                self.count("forgotten by the server");
                self.server.forget();
            }
        }
    }

    /// The machine goes off, and is started anew.
    pub(crate) fn reboot(&mut self) {
        self.note(|| "the machine starts anew".into());
        self.disk.lose_power(&mut self.dice);
        self.file.reboot(&mut self.dice);
        self.books.lose_power();
    }

    pub(crate) fn note(&mut self, what: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>12.3} s  {:>4}  {}", self.time.now.as_secs_f64(), self.step, what()));
        }
    }

    pub(crate) fn count(&mut self, what: &'static str) {
        *self.tally.entry(what).or_default() += 1;
    }
}
