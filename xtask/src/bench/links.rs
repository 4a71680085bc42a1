//! Links that are not loopback: the sandbox shapes them, and what counts is the share of the link that is used.

use std::fmt::Write;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{
    Args, Folders, MIB,
    case::Row,
    client::{Client, Invocation, Role},
    data::Kind,
    install::Tools,
    server::Server,
    statistics::Summary,
};

/// Who is compared: those that people would take for a whole link.
const CLIENTS: [Client; 3] = [Client::Upload, Client::S5cmd, Client::Aws];
/// After so many seconds a run has failed.
const PATIENCE: &str = "600";
/// How likely a connection is a slow one, and by how much slower than the link.
const STRAGGLERS: (f64, u64) = (0.05, 50);

/// A way to the storage.
#[derive(Clone, Copy, Debug)]
struct Link {
    /// In Mbit/s.
    rate: u64,
    /// In ms.
    round_trip: u64,
    has_stragglers: bool,
}

/// A way with the clients that took it.
#[derive(Debug)]
pub(super) struct MeasuredLink {
    link: Link,
    clients: Vec<Used>,
}

#[derive(Debug)]
struct Used {
    client: Client,
    command: String,
    /// Of the link's rate, over the whole life of the process: one of each round.
    shares: Vec<f64>,
    failure: Option<String>,
}

impl Link {
    fn all() -> impl Iterator<Item = Self> {
        [50, 1000].into_iter().flat_map(|rate| {
            [1, 80, 250].into_iter().flat_map(move |round_trip| {
                [false, true].map(|has_stragglers| Self { rate, round_trip, has_stragglers })
            })
        })
    }

    /// How much it carries in so many seconds, in whole MiB.
    fn carries(self, seconds: u64) -> u64 {
        (self.rate * 125_000 * seconds).div_ceil(MIB) * MIB
    }

    /// The sandbox's options in this round.
    fn options(self, round: u32) -> Vec<String> {
        let mut options: Vec<String> = vec!["--storage".into(), "null".into()];
        options.extend(["--link".into(), format!("{}mbit", self.rate)]);
        options.extend(["--rtt".into(), format!("{}ms", self.round_trip)]);
        if self.has_stragglers {
            let (probability, slower) = STRAGGLERS;
            options.extend(["--slow-connection".into(), format!("{probability}:{}mbit", self.rate / slower)]);
            options.extend(["--fault-seed".into(), round.to_string()]);
        }
        options
    }
}

/// Measures every link.
///
/// # Errors
/// When a server does not start, or a run of our own client fails.
pub(super) fn run(args: &Args, tools: &Tools, folders: &Folders) -> Result<Vec<MeasuredLink>> {
    let mut measured = Vec::new();
    for link in Link::all() {
        eprintln!("==> {}", link.name());
        let clients = CLIENTS.into_iter().filter(|client| args.wants(*client));
        let mut clients: Vec<_> = clients.map(Used::new).collect();
        for round in 1..=args.rounds.unwrap_or(1) {
            take_turns(link, round, &mut clients, args.link_seconds, tools, folders)?;
        }
        measured.push(MeasuredLink { link, clients });
    }
    Ok(measured)
}

/// One round: everyone once, in front of the same slow connections, which are others in each round.
fn take_turns(
    link: Link,
    round: u32,
    clients: &mut [Used],
    seconds: u64,
    tools: &Tools,
    folders: &Folders,
) -> Result<()> {
    let size = link.carries(seconds);
    let data = Kind::Sparse { size }.prepare(&folders.data)?;
    for used in clients {
        // One for each, since the connections are counted from its start.
        let server = Server::start(&tools.upload, &link.options(round), folders)?;
        let options = vec!["--type".into(), "bench".into()];
        let row = Row { client: used.client, note: None, data: data.kind, options };
        let Some(invocation) = used.client.invocation(&row, &data, &server, tools, &folders.state) else {
            used.fail("not installed".into());
            continue;
        };
        let invocation = limited(invocation);
        used.command = invocation.command_line();
        #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
        let ideal = size as f64 / (link.rate as f64 * 125_000.0);
        match invocation.run(&tools.programs.join("measure"), &folders.logs.join("link.log")) {
            Ok(sample) => {
                eprintln!("{:>20} {:5.1} % of the link", used.client.name(), 100.0 * ideal / sample.wall);
                used.shares.push(ideal / sample.wall);
            }
            Err(error) if used.client.role() == Role::Ours => {
                return Err(error).context("our own client failed");
            }
            Err(error) => used.fail(format!("{error:#}")),
        }
    }
    Ok(())
}

/// A client that waits for a slow connection to its end would hold up all others.
fn limited(invocation: Invocation) -> Invocation {
    let mut arguments = vec![PATIENCE.to_owned(), invocation.program.display().to_string()];
    arguments.extend(invocation.arguments);
    Invocation { program: "timeout".into(), arguments, ..invocation }
}

impl Link {
    fn name(self) -> String {
        let Self { rate, round_trip, has_stragglers } = self;
        let stragglers = if has_stragglers { ", stragglers" } else { "" };
        format!("{rate} Mbit/s, {round_trip} ms{stragglers}")
    }
}

/// The table.
pub(super) fn markdown(measured: &[MeasuredLink]) -> String {
    let mut text = String::new();
    if measured.is_empty() {
        return text;
    }
    let (probability, slower) = STRAGGLERS;
    writeln!(
        text,
        "### Links\n\nThe share of the link that is used, over the whole life of the process. A straggler is one \
         connection in {:.0} that carries a {slower}th of the link.\n",
        1.0 / probability
    )
    .ok();
    write!(text, "| link | round trip | stragglers |").ok();
    for client in CLIENTS {
        write!(text, " {} |", client.name()).ok();
    }
    writeln!(text, "\n|---|---|---|{}", "---|".repeat(CLIENTS.len())).ok();
    for MeasuredLink { link, clients } in measured {
        let stragglers = if link.has_stragglers { "5 %" } else { "none" };
        write!(text, "| {} Mbit/s | {} ms | {stragglers} |", link.rate, link.round_trip).ok();
        for client in CLIENTS {
            let used = clients.iter().find(|used| used.client == client);
            write!(text, " {} |", used.map_or("–".into(), Used::told)).ok();
        }
        writeln!(text).ok();
    }
    text
}

impl Used {
    fn new(client: Client) -> Self {
        Self { client, command: String::new(), shares: Vec::new(), failure: None }
    }

    fn fail(&mut self, why: String) {
        eprintln!("warning: {} is not measured: {why}", self.client.name());
        self.failure = Some(why);
    }

    fn told(&self) -> String {
        match Summary::of(&self.shares) {
            Some(all) if self.shares.len() > 1 => {
                format!("{:.0} % ({:.0}–{:.0})", 100.0 * all.median, 100.0 * all.min, 100.0 * all.max)
            }
            Some(all) => format!("{:.0} %", 100.0 * all.median),
            None if self.failure.as_ref().is_some_and(|text| text.contains("exit status: 124")) => {
                format!("not done in {PATIENCE} s")
            }
            None => "failed".into(),
        }
    }
}

/// Every share, for programs.
pub(super) fn json(measured: &[MeasuredLink]) -> Vec<Value> {
    let one = |MeasuredLink { link, clients }: &MeasuredLink| {
        let clients = clients.iter().map(|used| {
            json!({
                "client": used.client.name().replace('*', ""),
                "command": used.command,
                "shares": used.shares,
                "failure": used.failure,
            })
        });
        json!({
            "server": link.options(1).join(" "),
            "rate_mbit": link.rate,
            "round_trip_ms": link.round_trip,
            "stragglers": link.has_stragglers,
            "clients": clients.collect::<Vec<_>>(),
        })
    };
    measured.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_of_the_table_is_measured() {
        assert_eq!(Link::all().count(), 12);
        let link = Link { rate: 50, round_trip: 1, has_stragglers: true };
        assert_eq!(link.carries(30), 179 * MIB);
        assert!(link.options(7).join(" ").ends_with("--slow-connection 0.05:1mbit --fault-seed 7"));
    }
}
