//! Event workbooks by the CR API (bulk event upload page).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer};

use crate::{ErrorBody, ValidationError, error_body::RawErrorBody};

/// Which system an event workbook comes out of; the query parameter `event_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventType {
    /// `fdlive`
    FdLive,
    /// `prisma`
    Prisma,
}

/// A text that is none of the documented event types.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not an event type: expected 'fdlive' or 'prisma'")]
pub struct UnknownEventType(String);

impl EventType {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::FdLive, Self::Prisma];

    /// The type as it stands in the query.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FdLive => "fdlive",
            Self::Prisma => "prisma",
        }
    }
}

impl FromStr for EventType {
    type Err = UnknownEventType;

    fn from_str(text: &str) -> Result<Self, UnknownEventType> {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.ok_or_else(|| UnknownEventType(text.to_owned()))
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What became of a workbook that was answered with HTTP 200: success and row errors share that status, and only the
/// body tells them apart.
///
/// `[400, [{"errCode": …}, …]]` are row errors, with the inner array empty or absent it is full success, and
/// `{"detail": [{"name": …}, …]}` is an error of the whole workbook. Beside these documented forms, a non-empty
/// `validation_errors` counts as row errors, as elsewhere on the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BulkUploadOutcome {
    /// Every row was taken.
    Accepted,
    /// Some rows were not.
    RowErrors(Vec<ValidationError>),
    /// The workbook as a whole was not.
    Refused(ErrorBody),
}

impl BulkUploadOutcome {
    /// Everything that was found wrong; empty for a success.
    #[must_use]
    pub fn errors(&self) -> &[ValidationError] {
        match self {
            Self::Accepted => &[],
            Self::RowErrors(errors) => errors,
            Self::Refused(body) => &body.validation_errors,
        }
    }
}

impl<'de> Deserialize<'de> for BulkUploadOutcome {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Raw {
            Rows((u16, Option<Vec<ValidationError>>)),
            #[expect(dead_code, reason = "that it is alone is all it says")]
            Alone([u16; 1]),
            Object(RawErrorBody),
        }

        Ok(match Raw::deserialize(deserializer)? {
            Raw::Rows((_, Some(errors))) if !errors.is_empty() => Self::RowErrors(errors),
            Raw::Rows(_) | Raw::Alone(_) => Self::Accepted,
            Raw::Object(raw) => {
                let is_refused = raw.detail.is_some();
                let body = ErrorBody::from(raw);
                match body.validation_errors.is_empty() {
                    _ if is_refused => Self::Refused(body),
                    true => Self::Accepted,
                    false => Self::RowErrors(body.validation_errors),
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> BulkUploadOutcome {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn success_is_told_from_row_errors_by_the_body() {
        for success in
            ["[400, []]", "[400]", "[200, null]", r#"{"message":"ok"}"#, r#"{"validation_errors":[]}"#, "{}"]
        {
            assert_eq!(read(success), BulkUploadOutcome::Accepted, "{success}");
        }
        for rows in [
            r#"[400, [{"errCode":"ROW_3_INVALID_DATE"},{"errCode":"ROW_9_NO_VENUE"}]]"#,
            r#"{"validation_errors":[{"code":"ROW_3_INVALID_DATE"},{"code":"ROW_9_NO_VENUE"}]}"#,
        ] {
            let BulkUploadOutcome::RowErrors(errors) = read(rows) else { panic!("{rows}") };
            let codes: Vec<&str> = errors.iter().map(|error| error.code.as_str()).collect();
            assert_eq!(codes, ["ROW_3_INVALID_DATE", "ROW_9_NO_VENUE"]);
        }
        // An empty `detail` says nothing, but it does say that something was refused.
        for refused in
            [r#"{"detail":[{"name":"ROW_3_INVALID_DATE"}]}"#, r#"{"detail":"broken"}"#, r#"{"detail":[]}"#]
        {
            assert!(matches!(read(refused), BulkUploadOutcome::Refused(_)), "{refused}");
        }
        assert_eq!(read(r#"{"detail":[{"name":"A"}]}"#).errors()[0].code, "A");
        assert!(serde_json::from_str::<BulkUploadOutcome>("7").is_err(), "no outcome is not an outcome");
    }

    #[test]
    fn event_types_are_the_documented_two() {
        for kind in EventType::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert!("PRISMA".parse::<EventType>().unwrap_err().to_string().contains("'fdlive' or 'prisma'"));
    }
}
