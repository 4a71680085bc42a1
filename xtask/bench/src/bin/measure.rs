//! `measure RESULT.json STDIN PROGRAM ARGUMENT...`: runs one program and writes what it has cost.
//!
//! A process of its own, and a small one, for two reasons: what a process has waited for is then this program alone, and
//! Linux counts the memory of whoever starts a program into that program's peak.

use std::{fs::File, process::Command, time::Instant};

use anyhow::{Context, Result};
use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeVal,
};
use serde_json::json;

fn main() -> Result<()> {
    let usage = "usage: measure RESULT.json STDIN PROGRAM ARGUMENT...";
    let mut arguments = std::env::args_os().skip(1);
    let result = arguments.next().context(usage)?;
    let stdin = File::open(arguments.next().context(usage)?)?;
    let mut command = Command::new(arguments.next().context(usage)?);
    command.args(arguments).stdin(stdin);
    let start = Instant::now();
    let status = command.status().context("the program cannot be run")?;
    let wall = start.elapsed();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let cost = json!({
        "success": status.success(),
        "status": status.to_string(),
        "wall": wall.as_secs_f64(),
        "user": seconds(usage.user_time()),
        "system": seconds(usage.system_time()),
        "rss": usage.max_rss() * 1024,
        "page_faults": usage.minor_page_faults(),
        "waits": usage.voluntary_context_switches(),
        "preempted": usage.involuntary_context_switches(),
    });
    std::fs::write(result, cost.to_string())?;
    Ok(())
}

fn seconds(time: TimeVal) -> f64 {
    std::time::Duration::new(time.tv_sec().unsigned_abs(), u32::try_from(time.tv_usec()).unwrap_or(0) * 1000)
        .as_secs_f64()
}
