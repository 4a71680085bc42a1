use std::{num::NonZeroU32, str::FromStr, time::Duration};

use super::{FaultSpecError, arguments::Arguments, size};
use crate::{
    Operation,
    fault::{Close, ErrorCode, EtagFault, FaultAction as Action, FaultRule},
};

const SIZE: &str = "expected bytes such as 70000, 64KiB or 5MiB";
const REFUSAL: &str = "expected a status from 400 to 599, as in 'status:503'";

impl FromStr for FaultRule {
    type Err = FaultSpecError;

    fn from_str(text: &str) -> Result<Self, FaultSpecError> {
        let Some((head, action)) = text.split_once('=') else {
            let why = "expected OPERATION[:PART][#COUNT][@PROBABILITY]=ACTION, as in 'part:2#1=status:503'";
            return Err(FaultSpecError::new(text.into(), why));
        };
        let mut rule = read_head(head)?;
        rule.action = action.parse()?;
        rule.check()?;
        Ok(rule)
    }
}

/// Everything but the action; that is still to be filled in.
fn read_head(head: &str) -> Result<FaultRule, FaultSpecError> {
    let wrong = |piece: &str, why: &str| FaultSpecError::new(piece.into(), why);
    let (rest, probability) = cut(head, '@');
    let (rest, times) = cut(rest, '#');
    let (operation, part) = cut(rest, ':');
    let operation: Operation = operation.parse().map_err(|why| wrong(operation, why))?;
    let mut rule = FaultRule::always(operation, Action::LoseAnswer);
    if let Some(text) = part {
        let number = text.parse::<u64>().ok().and_then(|number| number.try_into().ok());
        rule.part = Some(number.ok_or_else(|| wrong(text, "a part number is 1 to 10000"))?);
    }
    if let Some(text) = times {
        let count: Option<NonZeroU32> = text.parse().ok();
        let why = "a count is a whole number from 1 on; leave it out for every request";
        rule.times = Some(count.ok_or_else(|| wrong(text, why))?.get());
    }
    if let Some(text) = probability {
        rule.probability = text.parse().map_err(|why| wrong(text, why))?;
    }
    Ok(rule)
}

fn cut(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(head, tail)| (head, Some(tail)))
}

impl FromStr for Action {
    type Err = FaultSpecError;

    fn from_str(text: &str) -> Result<Self, FaultSpecError> {
        let mut given = Arguments::of(text)?;
        let action = read_action(&mut given)?;
        given.finish()?;
        Ok(action)
    }
}

fn read_action(given: &mut Arguments<'_>) -> Result<Action, FaultSpecError> {
    Ok(match &*given.name {
        "status" => {
            let status = given.parsed(REFUSAL)?;
            match (code(given)?, given.named("retry_after", seconds)?) {
                (None, None) => Action::Status(status),
                (None, Some(after)) => Action::StatusRetryAfter(status, after),
                (Some(code), retry_after) => Action::StatusCode { status, code, retry_after },
            }
        }
        "reject" => Action::Reject {
            status: given.parsed(REFUSAL)?,
            code: code(given)?,
            close: given.named("close", close)?.unwrap_or_default(),
        },
        "expire" => Action::Expire,
        "skew" => Action::Skew(
            given.parsed("expected the seconds the storage's clock is ahead, as in 'skew:-3600'")?,
        ),
        "stall" => Action::Stall { after: given.named("after", bytes)?.unwrap_or(0) },
        "reset" => given.named("after", reset)?.unwrap_or(Action::Reset { after: 0 }),
        "slow" => {
            let why = "expected bytes a second, as in 'slow:64KiB'";
            let text = given.value(why)?;
            let rate = size::read(text.strip_suffix("/s").unwrap_or(text));
            Action::Slow(rate.ok_or_else(|| FaultSpecError::new(text.into(), why))?)
        }
        "lose_answer" => Action::LoseAnswer,
        "etag" => {
            let why = "expected 'etag:wrong', 'etag:missing' or 'etag:not_md5'";
            Action::Etag(match &*given.value(why)?.replace('-', "_") {
                "wrong" => EtagFault::Wrong,
                "missing" => EtagFault::Missing,
                "not_md5" => EtagFault::NotMd5,
                other => return Err(FaultSpecError::new(other.into(), why)),
            })
        }
        "error_in_200" => Action::ErrorInSuccess { code: code(given)? },
        "garbage" if !given.has_value() => Action::Garbage { status: 200 },
        "garbage" => Action::Garbage { status: given.parsed("expected a status, as in 'garbage:502'")? },
        "truncate" => Action::Truncate,
        "cut" => Action::Cut { after: given.named("after", bytes)?.unwrap_or(0) },
        "redirect" if !given.has_value() => Action::Redirect(307),
        "redirect" => Action::Redirect(given.parsed("expected a status, as in 'redirect:302'")?),
        unknown => {
            let why = format!("is no action; there are {}", Action::NAMES.join(", "));
            return Err(FaultSpecError::new(unknown.into(), &why));
        }
    })
}

fn code(given: &mut Arguments<'_>) -> Result<Option<ErrorCode>, FaultSpecError> {
    given.named("code", str::parse)
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds: Result<u32, _> = text.parse();
    seconds.map(|seconds| Duration::from_secs(seconds.into())).map_err(|_| "expected whole seconds")
}

fn bytes(text: &str) -> Result<u64, &'static str> {
    size::read(text).ok_or(SIZE)
}

fn reset(text: &str) -> Result<Action, &'static str> {
    match text {
        "body" => Ok(Action::ResetAfterBody),
        _ => size::read(text)
            .map(|after| Action::Reset { after })
            .ok_or("expected 'body', or bytes such as 70000, 64KiB or 5MiB"),
    }
}

fn close(text: &str) -> Result<Close, &'static str> {
    match text {
        "fin" => Ok(Close::Fin),
        "rst" => Ok(Close::Rst),
        _ => Err("expected 'fin' or 'rst'"),
    }
}
