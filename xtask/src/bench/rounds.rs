//! Every client in turn, round after round.

use anyhow::{Context, Result};

use super::{
    Args, Folders,
    case::{Case, Row, Unit},
    client::{Invocation, Role},
    data::Data,
    install::Tools,
    sample::Sample,
    server::Server,
};

/// A case with everything that was seen.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) case: Case,
    pub(super) title: String,
    /// The server's command line.
    pub(super) server: String,
    pub(super) rows: Vec<MeasuredRow>,
    /// What was not measured, and why.
    pub(super) missing: Vec<String>,
}

/// A client with everything that was seen of it.
#[derive(Debug)]
pub(super) struct MeasuredRow {
    pub(super) row: Row,
    pub(super) command: String,
    /// One of each round.
    pub(super) samples: Vec<Sample>,
}

impl MeasuredRow {
    /// How many units one run is.
    fn units(&self, unit: Unit) -> f64 {
        // Exact up to 8 PiB.
        #[allow(clippy::cast_precision_loss, reason = "only their ratio counts")]
        let (bytes, files) = (self.row.data.bytes() as f64, self.row.data.files() as f64);
        match unit {
            Unit::Gib => bytes / f64::from(1 << 30),
            Unit::File => files,
            Unit::Run => 1.0,
        }
    }

    /// CPU seconds of the client for each unit.
    pub(super) fn cpu(&self, unit: Unit) -> Vec<f64> {
        self.samples.iter().map(|sample| sample.cpu() / self.units(unit)).collect()
    }

    /// CPU seconds of the server for each unit.
    pub(super) fn server_cpu(&self, unit: Unit) -> Vec<f64> {
        self.samples.iter().map(|sample| sample.server_cpu / self.units(unit)).collect()
    }

    /// Seconds of a run.
    pub(super) fn wall(&self) -> Vec<f64> {
        self.samples.iter().map(|sample| sample.wall).collect()
    }

    /// Peak memory of a run, in MiB.
    pub(super) fn rss(&self) -> Vec<f64> {
        #[allow(clippy::cast_precision_loss, reason = "no memory is that large")]
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        self.samples.iter().map(|sample| mib(sample.rss)).collect()
    }
}

struct Runner {
    row: Row,
    data: Data,
    invocation: Invocation,
    samples: Vec<Sample>,
}

/// Measures one case.
///
/// # Errors
/// When the server does not start, or a run of our own client fails. A peer that fails is left out.
pub(super) fn run(case: Case, args: &Args, tools: &Tools, folders: &Folders) -> Result<Measured> {
    let server = Server::start(&tools.upload, &case.server_options(), folders)?;
    let mut missing = Vec::new();
    let mut runners = Vec::new();
    for row in case.rows(args.size()).into_iter().filter(|row| args.wants(row.client)) {
        let data = row.data.prepare(&folders.data)?;
        match row.client.invocation(&row, &data, &server, tools, &folders.state) {
            Some(invocation) => runners.push(Runner { row, data, invocation, samples: Vec::new() }),
            None => missing.push(format!("{}: not installed", row.name())),
        }
    }
    let rounds = args.rounds();
    // The first round is the warm-up.
    for round in 0..=rounds {
        let mut left = Vec::with_capacity(runners.len());
        for mut runner in runners {
            match runner.run(&server, tools, folders) {
                Ok(sample) if round == 0 => runner.tell("warm-up", &sample),
                Ok(sample) => {
                    runner.tell(&format!("{round}/{rounds}"), &sample);
                    runner.samples.push(sample);
                }
                Err(error) if runner.row.client.role() == Role::Ours => {
                    return Err(error).context("our own client failed");
                }
                Err(error) => {
                    eprintln!("warning: {} failed and is left out: {error:#}", runner.row.name());
                    missing.push(format!("{}: failed, {error:#}", runner.row.name()));
                    continue;
                }
            }
            left.push(runner);
        }
        runners = left;
    }
    let rows = runners.into_iter().map(|runner| MeasuredRow {
        command: runner.invocation.command_line(),
        row: runner.row,
        samples: runner.samples,
    });
    Ok(Measured {
        case,
        title: case.title(args.size()),
        server: server.command.clone(),
        rows: rows.collect(),
        missing,
    })
}

impl Runner {
    fn run(&self, server: &Server, tools: &Tools, folders: &Folders) -> Result<Sample> {
        let name: String = self.row.name().chars().filter(char::is_ascii_alphanumeric).collect();
        self.data.forget_pages()?;
        let before = server.cpu()?;
        let mut sample = self
            .invocation
            .run(&tools.programs.join("measure"), &folders.logs.join(name).with_extension("log"))?;
        sample.server_cpu = server.cpu()? - before;
        Ok(sample)
    }

    fn tell(&self, round: &str, sample: &Sample) {
        let mib = sample.rss / (1 << 20);
        eprintln!(
            "{round:>7}  {:<24} {:8.3} s CPU {:8.3} s {mib:5} MiB",
            self.row.name(),
            sample.cpu(),
            sample.wall
        );
    }
}
