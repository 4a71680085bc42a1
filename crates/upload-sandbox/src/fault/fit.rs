//! Which action can happen at which operation.

use upload_proto::{Endpoint, Method};

use super::{FaultAction as Action, FaultRule, FaultSpecError};
use crate::Operation;

pub(super) fn check(rule: &FaultRule) -> Result<(), FaultSpecError> {
    let operation = rule.operation;
    let wrong = |piece: String, why: &str| Err(FaultSpecError::new(piece, why));
    if operation == Operation::Unknown {
        return wrong(operation.to_string(), "no fault can be asked for at what the sandbox does not know");
    }
    if let Some(part) = rule.part
        && operation != Operation::PutPart
    {
        return wrong(format!("{operation}:{part}"), "only 'part' has part numbers");
    }
    if rule.times == Some(0) {
        return wrong("#0".into(), "a count is at least 1; leave it out for every request");
    }
    check_numbers(&rule.action)?;
    match misfit(&rule.action, operation) {
        Some(why) => wrong(format!("{operation}=…{}", rule.action.name()), why),
        None => Ok(()),
    }
}

fn check_numbers(action: &Action) -> Result<(), FaultSpecError> {
    let (number, range, why) = match action {
        Action::Status(status)
        | Action::StatusRetryAfter(status, _)
        | Action::StatusCode { status, .. }
        | Action::Reject { status, .. } => (*status, 400..=599, "a refusal's status is 400 to 599"),
        Action::Garbage { status } => (*status, 200..=599, "an answer's status is 200 to 599"),
        Action::Redirect(status) => (*status, 301..=308, "a redirect's status is 301 to 308"),
        Action::Slow(0) => {
            return Err(FaultSpecError::new("slow:0".into(), "use 'stall' for no byte at all"));
        }
        _ => return Ok(()),
    };
    if range.contains(&number) {
        return Ok(());
    }
    Err(FaultSpecError::new(format!("{}:{number}", action.name()), why))
}

fn misfit(action: &Action, operation: Operation) -> Option<&'static str> {
    let is_put = matches!(operation, Operation::PutPart | Operation::PutObject);
    let is_api = matches!(operation, Operation::Api(_));
    match action {
        Action::Expire | Action::Skew(_) if !is_put => {
            Some("only the URLs of 'part' and 'object' carry a time")
        }
        Action::Stall { after: 1.. }
        | Action::Reset { after: 1.. }
        | Action::ResetAfterBody
        | Action::Slow(_)
            if !has_body(operation) =>
        {
            Some("its requests have no body to read part of")
        }
        Action::Etag(_) if !is_put && operation != Operation::COMPLETE => {
            Some("only 'part', 'object' and 'complete' are answered with an ETag")
        }
        Action::Cut { .. } if operation != Operation::Api(Endpoint::PackageCustomers) => {
            Some("only 'package_customers' is answered with more than fits at once")
        }
        Action::Truncate if !answers_json(operation) => Some("it is not answered with JSON"),
        Action::Garbage { status: ..400 } if !is_api => {
            Some("the body of the storage's success says nothing; give a status of 400 or more")
        }
        _ => None,
    }
}

fn has_body(operation: Operation) -> bool {
    match operation {
        Operation::PutPart | Operation::PutObject => true,
        Operation::Api(endpoint) => endpoint.spec().method != Method::Get,
        Operation::OtherStorage | Operation::Unknown => false,
    }
}

fn answers_json(operation: Operation) -> bool {
    match operation {
        Operation::Api(endpoint) => {
            !matches!(endpoint, Endpoint::AbortMultipart | Endpoint::PackageCustomers)
        }
        _ => false,
    }
}
