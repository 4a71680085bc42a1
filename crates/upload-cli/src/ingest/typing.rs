//! What the fields of a CSV are: said with `--types`, or inferred.

use std::{collections::HashMap, str::FromStr};

use super::{
    InputError,
    calendar::{is_date, is_datetime},
};

/// The most digits of a number that is inferred: any more, and it is an identifier that must not be rounded by whoever
/// reads it (a double holds 15 digits exactly).
const MOST_DIGITS: usize = 15;

/// What a column's fields are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldType {
    Text,
    Integer,
    Number,
    Bool,
    /// `YYYY-MM-DD`, a JSON string.
    Date,
    /// A day and a time, such as `2026-06-01T19:30:00+02:00`, a JSON string.
    DateTime,
    /// JSON as it stands.
    Json,
}

/// Types by column name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ColumnTypes(pub(crate) Vec<(String, FieldType)>);

impl FieldType {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "int",
            Self::Number => "float",
            Self::Bool => "bool",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Json => "json",
        }
    }

    /// The narrowest type that takes all these fields. Empty ones say nothing.
    pub(super) fn infer<'a>(fields: impl Iterator<Item = &'a str>) -> Self {
        let mut inferred = None;
        for field in fields.filter(|field| !field.is_empty()) {
            let own = match field {
                _ if is_number(field, true) && digits(field) <= MOST_DIGITS => Self::Integer,
                _ if is_number(field, false) && digits(field) <= MOST_DIGITS => Self::Number,
                _ if bool_of(field).is_some() => Self::Bool,
                _ if is_date(field) => Self::Date,
                _ if is_datetime(field) => Self::DateTime,
                _ => return Self::Text,
            };
            inferred = match (inferred, own) {
                (None, own) => Some(own),
                (Some(before), own) if before == own => Some(own),
                (Some(Self::Integer | Self::Number), Self::Integer | Self::Number) => Some(Self::Number),
                _ => return Self::Text,
            };
        }
        inferred.unwrap_or(Self::Text)
    }

    /// Writes a field as JSON. An empty one is `null`, whatever its type.
    ///
    /// # Errors
    /// When it is not of this type.
    pub(super) fn write(self, field: &str, out: &mut String) -> Result<(), InputError> {
        let misfit = |wanted: &str| {
            let shown: String = field.chars().take(40).collect();
            Err(InputError::new(format!("'{shown}' is not {wanted}")))
        };
        match self {
            _ if field.is_empty() => out.push_str("null"),
            Self::Text => push_string(field, out),
            Self::Integer if is_number(field, true) => out.push_str(field),
            Self::Integer => return misfit("a whole number"),
            Self::Number if is_number(field, false) => out.push_str(field),
            Self::Number => return misfit("a number"),
            Self::Bool => match bool_of(field) {
                Some(value) => out.push_str(if value { "true" } else { "false" }),
                None => return misfit("true or false"),
            },
            Self::Date if is_date(field) => push_string(field, out),
            Self::Date => return misfit("a date such as 2026-06-01"),
            Self::DateTime if is_datetime(field) => push_string(field, out),
            Self::DateTime => return misfit("a date and time such as 2026-06-01T19:30:00Z"),
            Self::Json => match serde_json::from_str::<&serde_json::value::RawValue>(field) {
                Ok(raw) => out.push_str(&super::read::compact(raw.get())),
                Err(_) => return misfit("JSON"),
            },
        }
        Ok(())
    }
}

impl FromStr for ColumnTypes {
    type Err = String;

    /// Reads `name=type,name=type`.
    fn from_str(text: &str) -> Result<Self, String> {
        let types = [
            FieldType::Text,
            FieldType::Integer,
            FieldType::Number,
            FieldType::Bool,
            FieldType::Date,
            FieldType::DateTime,
            FieldType::Json,
        ];
        let pair = |pair: &str| {
            let (name, kind) = pair.rsplit_once('=').ok_or_else(|| format!("'{pair}' is not NAME=TYPE"))?;
            let known = types.into_iter().find(|known| known.name() == kind.trim());
            let known = known.ok_or_else(|| {
                format!("'{kind}' is no type: expected string, int, float, bool, date, datetime or json")
            })?;
            Ok((name.trim().to_owned(), known))
        };
        text.split(',').filter(|part| !part.trim().is_empty()).map(pair).collect::<Result<_, _>>().map(Self)
    }
}

impl ColumnTypes {
    /// The types by name; one that no column has is a mistake.
    pub(super) fn for_header(&self, header: &[String]) -> Result<HashMap<usize, FieldType>, InputError> {
        let place = |(name, kind): &(String, FieldType)| match header.iter().position(|column| column == name)
        {
            Some(index) => Ok((index, *kind)),
            None => Err(InputError::new(format!("--types names the column '{name}', which is not there"))
                .hint(format!("the columns are: {}", header.join(", ")))),
        };
        self.0.iter().map(place).collect()
    }
}

/// JSON's own form of a number (RFC 8259, section 6) without an exponent; leading zeros and plus signs make it a code.
fn is_number(field: &str, whole: bool) -> bool {
    let unsigned = field.strip_prefix('-').unwrap_or(field);
    let (before, after) = match unsigned.split_once('.') {
        Some((before, after)) if !whole => (before, Some(after)),
        Some(_) => return false,
        None => (unsigned, None),
    };
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(before) && (before == "0" || !before.starts_with('0')) && after.is_none_or(all_digits)
}

fn digits(field: &str) -> usize {
    field.bytes().filter(u8::is_ascii_digit).count()
}

fn bool_of(field: &str) -> Option<bool> {
    match field {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// Writes a text as a JSON string.
pub(super) fn push_string(text: &str, out: &mut String) {
    // A string always serialises.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inferred(fields: &[&str]) -> &'static str {
        FieldType::infer(fields.iter().copied()).name()
    }

    #[test]
    fn types_are_inferred_where_nothing_can_be_lost() {
        for (fields, kind) in [
            (&["1", "", "-20"][..], "int"),
            (&["1", "2.50"], "float"),
            (&["true", "FALSE"], "bool"),
            (&["2026-06-01", "2024-02-29"], "date"),
            (&["2026-02-29"], "string"),
            (&["2026-06-01T19:30:00Z", "2026-06-01 19:30"], "datetime"),
            (&["2026-06-01", "2026-06-01T19:30:00Z"], "string"),
            (&["00123"], "string"),
            (&["+4930"], "string"),
            (&["1234567890123456"], "string"),
            (&["1e5"], "string"),
            (&["1", "x"], "string"),
            (&["1", "true"], "string"),
            (&["", ""], "string"),
        ] {
            assert_eq!(inferred(fields), kind, "{fields:?}");
        }
    }

    #[test]
    fn fields_are_written_as_they_stand_or_refused() {
        for (kind, field, json) in [
            (FieldType::Integer, "42", Some("42")),
            (FieldType::Number, "2.50", Some("2.50")),
            (FieldType::Bool, "True", Some("true")),
            (FieldType::Text, "say \"hi\"", Some(r#""say \"hi\"""#)),
            (FieldType::Text, "", Some("null")),
            (FieldType::Date, "2026-06-01", Some(r#""2026-06-01""#)),
            (FieldType::DateTime, "2026-06-01 19:30", Some(r#""2026-06-01 19:30""#)),
            (FieldType::DateTime, "2026-06-01", None),
            (FieldType::Json, "{\"a\": [1]}", Some(r#"{"a":[1]}"#)),
            (FieldType::Integer, "1.5", None),
            (FieldType::Number, "n/a", None),
            (FieldType::Date, "01.06.2026", None),
            (FieldType::Json, "{", None),
        ] {
            let mut out = String::new();
            let written = kind.write(field, &mut out).is_ok();
            assert_eq!(written.then_some(out.as_str()), json, "{} {field}", kind.name());
        }
    }

    #[test]
    fn types_are_given_by_name() {
        let types: ColumnTypes = "zip=string, sold=int".parse().unwrap();
        assert_eq!(types.0, [("zip".into(), FieldType::Text), ("sold".into(), FieldType::Integer)]);
        assert!("zip".parse::<ColumnTypes>().is_err() && "zip=number".parse::<ColumnTypes>().is_err());
        assert!(types.for_header(&["zip".into()]).unwrap_err().to_string().contains("'sold'"));
    }
}
