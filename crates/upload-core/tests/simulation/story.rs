//! A story: a file is put again and again, through trouble, until all is calm and it has to get there.

use std::{collections::BTreeMap, num::NonZeroUsize, time::Duration};

use upload_core::{Completed, Concurrency, Journal, Outcome, Remains, Validation, proto::AbortRequest};

use crate::{
    dice::Dice,
    executor,
    file::Edit,
    process::{self, Idle, Process, Settings},
    server,
    transport::Network,
    world::{Death, Mishap, World},
};

const MIB: u64 = 1024 * 1024;
/// How many calm runs it may take.
const CALM_RUNS: u32 = 2;

/// Tells the story of a seed, and what came to pass in it how often.
pub(crate) fn tell(world: &World) -> BTreeMap<&'static str, u64> {
    let runs = world.state().dice.between(1, 4);
    for _ in 0..runs {
        troubled_run(world);
        between_runs(world);
    }
    let ends_well = (0..CALM_RUNS).any(|_| calm_run(world));
    clean_up(world);
    let state = world.state();
    // Without `validate`, nobody can know what became of a complete whose answer was lost: that is said, and it is so.
    assert!(ends_well || !state.server.validates, "all is calm, and the file does not get there");
    for (id, upload) in &state.server.uploads {
        let may_be_open = !upload.told || !state.books.is_written(id);
        assert!(upload.state != server::State::Open || may_be_open, "{id} is left open");
    }
    state.tally.clone()
}

fn troubled_run(world: &World) {
    let (settings, mishaps) = {
        let mut state = world.state();
        state.trouble = state.dice.pick(&[1, 5, 15, 30, 60, 90]);
        (draw_settings(&mut state.dice), draw_mishaps(&mut state.dice))
    };
    run(world, &settings, mishaps);
}

/// Nothing goes wrong any more: the file has to get there.
fn calm_run(world: &World) -> bool {
    let settings = {
        let mut state = world.state();
        state.trouble = 0;
        draw_settings(&mut state.dice)
    };
    matches!(run(world, &settings, Vec::new()).as_deref(), Some(Outcome::Completed(_)))
}

fn draw_settings(dice: &mut Dice) -> Settings {
    let most = NonZeroUsize::MIN.saturating_add(dice.index(8));
    let start = NonZeroUsize::MIN.saturating_add(dice.index(most.get()));
    Settings {
        concurrency: match dice.percent(50) {
            true => Concurrency::Fixed(most),
            false => Concurrency::Adaptive { start, most },
        },
        part_size: dice.pick(&[None, Some(5 * MIB), Some(5 * MIB), Some(7 * MIB + 13)]),
        validate: dice.percent(80),
        keep_on_failure: dice.percent(50),
        seed: dice.seed(),
    }
}

/// The last comes first.
fn draw_mishaps(dice: &mut Dice) -> Vec<(u64, Mishap)> {
    let mut mishaps = Vec::new();
    let mut draw = |chance, mishap, dice: &mut Dice| {
        if dice.percent(chance) {
            let span = dice.pick(&[10, 40, 150, 500]);
            mishaps.push((dice.between(1, span), mishap));
        }
    };
    let death = dice.pick(&[Death::Kill, Death::Power]);
    draw(60, Mishap::Die(death), dice);
    draw(15, Mishap::Cancel, dice);
    let edit = draw_edit(dice);
    draw(15, Mishap::Edit(edit), dice);
    draw(5, Mishap::Forget, dice);
    mishaps.sort_by_key(|(step, _)| std::cmp::Reverse(*step));
    mishaps
}

fn draw_edit(dice: &mut Dice) -> Edit {
    use Edit::{Append, Hidden, Overwrite, Replace, Touch, Truncate};
    dice.pick(&[Touch, Overwrite, Overwrite, Hidden, Append, Truncate, Replace])
}

fn run(world: &World, settings: &Settings, mishaps: Vec<(u64, Mishap)>) -> Option<Box<Outcome>> {
    world.begin(mishaps);
    {
        let mut state = world.state();
        state.verify = state.dice.percent(50);
        state.note(|| format!("a run starts: {settings:?}"));
    }
    let end = executor::run(world, Process::start(world, settings).put());
    match &end {
        Some(Ok(outcome)) => check_outcome(world, outcome),
        Some(Err(Idle::Cancelled)) => world.count("cancelled early"),
        Some(Err(Idle::Refused(why))) => panic!("it cannot be gone on with: {why}"),
        None => world.note(|| "the process is dead".into()),
    }
    world.over();
    check_remembered(world);
    end?.ok()
}

fn between_runs(world: &World) {
    let mut state = world.state();
    let wait = state.dice.pick(&[0, 1, 30, 600, 7200, 86_400]);
    state.time.now += Duration::from_secs(wait);
    if state.dice.percent(20) {
        let edit = draw_edit(&mut state.dice);
        state.befall(Mishap::Edit(edit));
    }
    if state.dice.percent(10) {
        state.befall(Mishap::Forget);
    }
    if state.dice.percent(10) {
        state.count("power lost");
        state.reboot();
    }
    drop(state);
    check_remembered(world);
}

/// What a process says of its end is so.
fn check_outcome(world: &World, outcome: &Outcome) {
    let state = world.state();
    match outcome {
        Outcome::Completed(Completed { object_key, validation, bytes, .. }) => {
            let object = state.server.object(object_key.as_str()).expect("what is complete exists");
            assert_eq!(*bytes, object.iter().map(|chunk| chunk.len() as u64).sum::<u64>());
            assert!(
                !matches!(validation, Validation::Invalid(_)),
                "a sound object is refused: {validation:?}"
            );
            match state.edits {
                0 => assert!(state.file.is_now(object), "the object is not the file"),
                _ => assert!(state.file.ever_was(object), "the object is torn"),
            }
        }
        Outcome::Failed { remains, .. } | Outcome::Aborted { remains } => {
            if let Remains::Aborted { upload_id, .. } | Remains::Gone { upload_id, .. } = remains {
                assert_ne!(
                    state.server.uploads[upload_id.as_str()].state,
                    server::State::Open,
                    "it is not gone"
                );
            }
        }
    }
    drop(state);
    world.count(match outcome {
        Outcome::Completed(_) => "completed",
        Outcome::Failed { remains, .. } => match remains {
            Remains::Nothing => "failed before it was opened",
            Remains::Aborted { .. } => "failed and aborted",
            Remains::Kept(_) => "failed and kept",
            Remains::LeftOpen { .. } => "failed and left open",
            Remains::Gone { .. } => "failed and gone",
            Remains::Unclear { .. } => "failed and unclear",
        },
        Outcome::Aborted { .. } => "aborted on request",
    });
}

/// Every upload whose id was obtained is over on the platform, or in a journal on the disk. Only where the process died
/// before it could write, or the id never got to it, nobody can know.
fn check_remembered(world: &World) {
    let state = world.state();
    let names = state.disk.names();
    let journals = names.iter().filter_map(|name| state.disk.read(name));
    let remembered: Vec<String> = journals.filter_map(remembered).collect();
    for (id, upload) in &state.server.uploads {
        let is_open = upload.state == server::State::Open && upload.told && state.books.is_written(id);
        assert!(!is_open || remembered.contains(id), "{id} is forgotten");
    }
}

/// The upload that a journal keeps from being forgotten.
fn remembered(bytes: &[u8]) -> Option<String> {
    match Journal::decode(bytes) {
        Ok(journal) if journal.state.is_over() => None,
        Ok(journal) => Some(journal.checkpoint.upload_id.to_string()),
        Err(error) => error.rescued().map(|rescued| rescued.upload_id.to_string()),
    }
}

/// `upload sessions abort --all`.
fn clean_up(world: &World) {
    world.begin(Vec::new());
    let names = world.state().disk.names();
    for name in names {
        let rescued = {
            let state = world.state();
            match state.disk.read(&name).map(Journal::decode) {
                Some(Ok(journal)) => Some((journal.checkpoint.upload_id, journal.checkpoint.object_key)),
                Some(Err(error)) => {
                    error.rescued().map(|rescued| (rescued.upload_id.clone(), rescued.object_key.clone()))
                }
                None => None,
            }
        };
        let network = Network(world.clone());
        if let Some((upload_id, object_key)) = rescued {
            let request = AbortRequest { upload_id, object_key };
            let aborted = executor::run(world, process::abort(world, &network, &request, 0));
            assert!(matches!(aborted, Some(Ok(()))), "all is calm, and {name} cannot be aborted");
        }
        world.write("remove it", |disk| disk.remove(&name));
    }
}
