use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use console::Term;
use indicatif::{HumanDuration, MultiProgress, ProgressBar, ProgressState, ProgressStyle};
use upload_core::Progress;

use super::shown;
use crate::output::{JobId, Note, Scope, Started, plain};

/// How wide a file's name may be, in characters.
const NAME_WIDTH: usize = 28;
/// Below this many columns a bar tells less.
const WIDE: u16 = 110;

/// A bar per file under way, and one for all where there are several.
#[derive(Debug)]
pub(super) struct Bars {
    screen: MultiProgress,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    active: BTreeMap<JobId, Active>,
    total: Option<Total>,
    reading: Option<ProgressBar>,
    waiting: Option<ProgressBar>,
}

#[derive(Debug)]
struct Active {
    bar: ProgressBar,
    progress: Progress,
    bytes: u64,
    parts: u32,
    stored: u32,
}

#[derive(Debug)]
struct Total {
    bar: ProgressBar,
    files: u64,
    finished_files: u64,
    /// Bytes of the files that have ended, however they did.
    finished_bytes: u64,
}

impl Bars {
    pub(super) fn new(screen: MultiProgress) -> Self {
        Self { screen, state: Mutex::default() }
    }

    pub(super) fn begin(&self, scope: Scope) {
        if scope.files > 1 {
            let bar = self
                .screen
                .add(ProgressBar::new(scope.bytes).with_style(styled("{prefix:28.bold}", "green")));
            bar.set_prefix("total");
            self.state().total =
                Some(Total { bar, files: scope.files, finished_files: 0, finished_bytes: 0 });
            self.tick();
        }
    }

    pub(super) fn reading(&self, what: &str, bytes: Option<u64>) {
        let mut state = self.state();
        match bytes {
            Some(bytes) => {
                let bar = state.reading.get_or_insert_with(|| self.screen.add(spinner(what)));
                bar.set_position(bytes);
                bar.tick();
            }
            None => {
                if let Some(bar) = state.reading.take() {
                    bar.finish_and_clear();
                }
            }
        }
    }

    pub(super) fn report(&self, job: JobId, note: &Note<'_>) {
        let mut state = self.state();
        match note {
            Note::Waiting { file, package_status, .. } => {
                let bar = state.waiting.get_or_insert_with(|| self.screen.add(waiting(file)));
                bar.set_message(format!("the package is {}", plain(package_status)));
            }
            Note::Started(started) => {
                state.stop_waiting();
                let active = self.start(started, state.total.as_ref());
                state.active.insert(job, active);
            }
            Note::Result(_) | Note::Ingested(_) => state.finish(job),
            note => {
                if let Some(active) = state.active.get_mut(&job) {
                    active.follow(note);
                }
            }
        }
    }

    fn start(&self, started: &Started<'_>, total: Option<&Total>) -> Active {
        let bar = ProgressBar::new(started.bytes).with_style(styled("{prefix:28}", "cyan"));
        let bar = match total {
            Some(total) => self.screen.insert_before(&total.bar, bar),
            None => self.screen.add(bar),
        };
        bar.set_prefix(shortened(&shown(started.file)));
        let progress = started.progress.clone();
        let active = Active { bar, progress, bytes: started.bytes, parts: started.parts, stored: 0 };
        active.show_parts();
        active
    }

    pub(super) fn tick(&self) {
        let state = self.state();
        if let Some(waiting) = &state.waiting {
            waiting.tick();
        }
        let moving: u64 = state.active.values().map(Active::draw).sum();
        if let Some(total) = &state.total {
            total.bar.set_position(total.finished_bytes + moving);
            total.bar.set_message(format!("{}/{} files", total.finished_files, total.files));
        }
    }

    pub(super) fn end(&self) {
        let mut state = std::mem::take(&mut *self.state());
        state.stop_waiting();
        state.active.into_values().for_each(|active| active.bar.finish_and_clear());
        if let Some(total) = state.total {
            total.bar.finish_and_clear();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn stop_waiting(&mut self) {
        if let Some(bar) = self.waiting.take() {
            bar.finish_and_clear();
        }
    }

    fn finish(&mut self, job: JobId) {
        self.stop_waiting();
        let ended = self.active.remove(&job);
        if let Some(total) = &mut self.total {
            total.finished_files += 1;
            total.finished_bytes += ended.as_ref().map_or(0, |active| active.bytes);
        }
        if let Some(active) = ended {
            active.bar.finish_and_clear();
        }
    }
}

impl Active {
    /// Draws the bar and answers where it stands.
    fn draw(&self) -> u64 {
        let sent = self.progress.sent().min(self.bytes);
        self.bar.set_position(sent);
        sent
    }

    fn follow(&mut self, note: &Note<'_>) {
        match note {
            Note::Part { .. } => {
                self.stored += 1;
                self.show_parts();
            }
            Note::Replanned { parts, .. } => {
                self.parts = *parts;
                self.show_parts();
            }
            Note::Resumed { parts, stored, .. } => {
                (self.parts, self.stored) = (*parts, *stored);
                self.show_parts();
            }
            Note::Restarted { .. } => {
                self.stored = 0;
                self.show_parts();
            }
            Note::Completing { .. } => self.bar.set_message("completing"),
            Note::Aborting { .. } => self.bar.set_message("aborting"),
            _ => {}
        }
    }

    fn show_parts(&self) {
        if self.parts > 1 {
            self.bar.set_message(format!("{}/{} parts", self.stored, self.parts));
        }
    }
}

fn styled(name: &str, color: &str) -> ProgressStyle {
    let (_, columns) = Term::stderr().size();
    let amounts = match columns {
        WIDE.. => {
            "{percent:>3}% {binary_bytes:>10}/{binary_total_bytes} {binary_bytes_per_sec:>12} eta {left:<4}"
        }
        _ => "{percent:>3}% {binary_bytes_per_sec:>12} {left:>4}",
    };
    style(&format!("{name} {{wide_bar:.{color}/dim}} {amounts} {{msg}}"))
        .with_key("left", |state: &ProgressState, out: &mut dyn fmt::Write| {
            // Before the first byte there is nothing to reckon with.
            let _cannot_fail = match state.pos() {
                0 => out.write_str("–"),
                _ => write!(out, "{:#}", HumanDuration(state.eta())),
            };
        })
        .progress_chars("━╸─")
}

fn spinner(what: &str) -> ProgressBar {
    let style = style("{prefix:28} {spinner} {binary_bytes} {binary_bytes_per_sec}");
    ProgressBar::no_length().with_style(style).with_prefix(shortened(&shown(what)))
}

fn waiting(what: &str) -> ProgressBar {
    let style = style("{prefix:28} {spinner} {msg}, for {elapsed}");
    ProgressBar::no_length().with_style(style).with_prefix(shortened(&shown(what)))
}

/// A mistake in a template would show in every run; a plain bar is no reason to fail an upload.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// A name cut in its middle: the end tells files of a series apart.
fn shortened(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    if characters.len() <= NAME_WIDTH {
        return name.to_owned();
    }
    let tail = NAME_WIDTH / 2;
    let head = NAME_WIDTH - tail - 1;
    let (first, last) = (characters.iter().take(head), characters.iter().skip(characters.len() - tail));
    first.chain(['…'].iter()).chain(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(shortened("audience.csv"), "audience.csv");
        let short = shortened("exports/2026/06/very/deep/audience-with-a-long-name-042.csv");
        assert_eq!(short.chars().count(), NAME_WIDTH);
        assert!(short.starts_with("exports/2026/") && short.ends_with("name-042.csv"), "{short}");
    }

    #[test]
    fn the_template_is_one_that_indicatif_understands() {
        let template = "{prefix:28.bold} {wide_bar:.green/dim} {binary_bytes_per_sec:>12} {eta:<4} {msg}";
        assert!(ProgressStyle::with_template(template).is_ok());
    }

    #[test]
    fn bars_follow_a_batch_to_its_end() {
        let bars = Bars::new(MultiProgress::with_draw_target(indicatif::ProgressDrawTarget::hidden()));
        bars.begin(Scope { files: 2, bytes: 20 });
        let started = Started {
            file: "a",
            name: "a",
            pattern: "multipart",
            upload_type: None,
            bytes: 10,
            parts: 2,
            part_size: Some(5),
            progress: Progress::default(),
        };
        bars.report(JobId(0), &Note::Started(started));
        bars.report(JobId(0), &Note::Part { file: "a", part_number: 1, bytes: 5, attempt: 1, etag: "e" });
        assert_eq!(bars.state().active.get(&JobId(0)).unwrap().bar.message(), "1/2 parts");
        let result = crate::output::FileResult::bare("a", crate::output::Status::Completed, None);
        bars.report(JobId(0), &Note::Result(&result));
        bars.tick();
        let total = bars.state().total.as_ref().map(|total| total.bar.message());
        assert_eq!(total.as_deref(), Some("1/2 files"));
        assert_eq!(bars.state().total.as_ref().map(|total| total.bar.position()), Some(10));
        bars.end();
        assert!(bars.state().active.is_empty());
    }
}
