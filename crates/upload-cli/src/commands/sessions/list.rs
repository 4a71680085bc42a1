use std::time::{Duration, SystemTime};

use console::{measure_text_width, style};
use serde::Serialize;

use crate::{
    args::OutputFormat,
    commands::{Ending, Session as Command},
    error::{CliError, ErrorKind},
    journal::{Journals, Session},
    output::{bytes, plain, roughly},
};

/// A session, as programs read it.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    event: &'static str,
    id: &'a str,
    state: &'static str,
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    upload_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stored_parts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_seconds: Option<u64>,
    /// Below zero when they have ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in_seconds: Option<i64>,
    locked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<u32>,
    resumable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    upload_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<String>,
}

/// Shows every session; asks nobody.
pub(super) fn run(command: &Command, journals: &Journals) -> Result<Ending, CliError> {
    let (sessions, now) = (journals.list()?, SystemTime::now());
    if command.format == OutputFormat::Json {
        for session in &sessions {
            let line = serde_json::to_string(&listed(session, now));
            let line = line.map_err(|error| CliError::new(ErrorKind::Unexpected, error.to_string()))?;
            command.screen.result(&line);
        }
        return Ok(Ending::Done);
    }
    if sessions.is_empty() {
        command.reporter.say("there is no unfinished upload");
        return Ok(Ending::Done);
    }
    let titles = ["ID", "STATE", "PARTS", "SIZE", "AGE", "URLS END", "FILE"].map(str::to_owned);
    let rows: Vec<[String; 7]> = sessions.iter().map(|session| row(session, &sessions, now)).collect();
    for line in table(titles, &rows) {
        command.screen.result(&line);
    }
    Ok(Ending::Done)
}

fn listed(session: &Session, now: SystemTime) -> Listed<'_> {
    let (opened, rescued) = (session.journal().map(|journal| &journal.opened), session.rescued());
    let checkpoint = opened.map(|opened| &opened.checkpoint);
    let expires_in_seconds = session.expires_at().map(|end| match end.duration_since(now) {
        Ok(left) => i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
        Err(ago) => i64::try_from(ago.duration().as_secs()).map_or(i64::MIN, |seconds| -seconds),
    });
    Listed {
        event: "session",
        id: session.id.as_str(),
        state: session.state(now).name(),
        file: session.label(),
        name: checkpoint.map(|checkpoint| checkpoint.filename.as_str()),
        upload_type: checkpoint.map(|checkpoint| checkpoint.upload_type.as_str()),
        bytes: checkpoint.map(|checkpoint| checkpoint.plan.file_size()),
        parts: session.parts().map(|(_, parts)| parts),
        stored_parts: session.parts().map(|(stored, _)| stored),
        age_seconds: age(session, now).map(|age| age.as_secs()),
        expires_in_seconds,
        locked: session.holder.is_some(),
        pid: session.holder.flatten(),
        resumable: session.can_be_resumed(),
        upload_id: rescued.as_ref().map(|known| known.upload_id.as_str().to_owned()),
        object_key: rescued.as_ref().map(|known| known.object_key.as_str().to_owned()),
        api: rescued.as_ref().map(|known| known.api.clone()),
        partner: rescued.map(|known| known.partner),
    }
}

fn row(session: &Session, all: &[Session], now: SystemTime) -> [String; 7] {
    let unknown = || "–".to_owned();
    let state = session.state(now).name();
    let ends = session.expires_at().map(|end| match end.duration_since(now) {
        Ok(left) => format!("in {}", roughly(left)),
        Err(ago) => format!("{} ago", roughly(ago.duration())),
    });
    [
        session.id.short(all.iter().map(|session| &session.id)).to_owned(),
        match session.holder {
            Some(Some(id)) => format!("{state}, at work (process {id})"),
            Some(None) => format!("{state}, at work"),
            None => state.to_owned(),
        },
        session.parts().map_or_else(unknown, |(stored, parts)| format!("{stored}/{parts}")),
        session.journal().map_or_else(unknown, |journal| bytes(journal.checkpoint.plan.file_size())),
        age(session, now).map_or_else(unknown, roughly),
        ends.unwrap_or_else(unknown),
        plain(&session.label()).into_owned(),
    ]
}

fn age(session: &Session, now: SystemTime) -> Option<Duration> {
    session.opened_at().and_then(|opened| now.duration_since(opened).ok())
}

fn table(titles: [String; 7], rows: &[[String; 7]]) -> Vec<String> {
    let mut widths = [0; 7];
    for row in rows.iter().chain([&titles]) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = measure_text_width(cell).max(*width);
        }
    }
    let line = |row: &[String; 7]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| {
            let gap = " ".repeat(width.saturating_sub(measure_text_width(cell)));
            format!("{cell}{gap}")
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let heading = style(line(&titles)).bold().to_string();
    std::iter::once(heading).chain(rows.iter().map(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_their_titles() {
        console::set_colors_enabled(false);
        let cells = |text: &str| std::array::from_fn(|_| text.to_owned());
        let lines = table(cells("AB"), &[cells("wörter"), cells("x")]);
        assert_eq!(lines.len(), 3);
        assert!(lines[0].starts_with("AB      AB") && lines[2].starts_with("x       x"), "{lines:?}");
        assert!(lines.iter().all(|line| !line.ends_with(' ')));
    }

    #[test]
    fn spans_are_given_roughly() {
        assert_eq!(roughly(Duration::from_secs(3 * 3600 + 5)), "3h");
        assert_eq!(roughly(Duration::from_millis(900)), "0s");
    }
}
