use serde::{Deserialize, Serialize};

/// One thing the platform found wrong with what it was sent.
///
/// `code` is documented; the other fields are assumed. Read tolerantly: `code`, `errCode` or `name`, or a bare text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "RawValidationError")]
pub struct ValidationError {
    /// The platform's name of the problem, such as `ROW_3_INVALID_DATE`.
    pub code: String,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The row it stands in, as the platform counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// The column it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
}

/// The body of an API answer that is not a success, in whichever of the documented dialects it came:
/// `{"message", "error_code", …}`, `{"detail": "…"}` or `{"detail": [{"loc", "msg", "type"}]}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "RawErrorBody")]
pub struct ErrorBody {
    /// What happened, in the platform's words or as its message key (`error.auth.invalid_credentials`).
    pub message: Option<String>,
    /// The platform's name of the error, such as `INVALID_CREDENTIALS`.
    pub error_code: Option<String>,
    /// A finer name below `error_code`.
    pub error_subcode: Option<String>,
    /// What is wrong with the content, one entry each.
    pub validation_errors: Vec<ValidationError>,
}

impl ValidationError {
    /// The row it stands in: as a field of its own, or else as codes name it (`ROW_3_INVALID_DATE` stands in row 3).
    #[must_use]
    pub fn row_number(&self) -> Option<u64> {
        let in_code = || self.code.strip_prefix("ROW_")?.split('_').next()?.parse().ok();
        self.row.or_else(in_code)
    }
}

impl ErrorBody {
    /// Everything the body says, on one line; `None` where it says nothing.
    #[must_use]
    pub fn summary(&self) -> Option<String> {
        let codes = [&self.error_code, &self.error_subcode].into_iter().flatten().cloned();
        let items = self.validation_errors.iter().map(ValidationError::to_string);
        let all: Vec<String> = self.message.iter().cloned().chain(codes).chain(items).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

impl std::fmt::Display for ValidationError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.code)?;
        if let Some(row) = self.row {
            write!(f, ", row {row}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column {column}")?;
        }
        match &self.message {
            Some(message) => write!(f, ": {message}"),
            None => Ok(()),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawValidationError {
    Object {
        #[serde(alias = "errCode", alias = "name", alias = "type")]
        code: String,
        #[serde(default, alias = "msg")]
        message: Option<String>,
        #[serde(default)]
        row: Option<u64>,
        #[serde(default)]
        column: Option<String>,
    },
    Text(String),
    Other(serde::de::IgnoredAny),
}

impl From<RawValidationError> for ValidationError {
    fn from(raw: RawValidationError) -> Self {
        match raw {
            RawValidationError::Object { code, message, row, column } => Self { code, message, row, column },
            RawValidationError::Text(code) => Self { code, message: None, row: None, column: None },
            // Something was refused, in a shape nobody has documented: keep that much rather than drop it.
            RawValidationError::Other(_) => {
                Self { code: "UNRECOGNISED".into(), message: None, row: None, column: None }
            }
        }
    }
}

/// The body before its dialects are brought together: whether there is a `detail` tells some refusals from successes.
#[derive(Deserialize)]
pub(crate) struct RawErrorBody {
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    error_code: Option<String>,
    #[serde(default)]
    error_subcode: Option<String>,
    #[serde(default)]
    validation_errors: Option<Vec<ValidationError>>,
    #[serde(default)]
    pub(crate) detail: Option<Detail>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Detail {
    Text(String),
    List(Vec<DetailItem>),
    Other(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum DetailItem {
    Located { loc: Vec<LocStep>, msg: String },
    Named(ValidationError),
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum LocStep {
    Name(String),
    Index(u64),
}

impl From<RawErrorBody> for ErrorBody {
    fn from(raw: RawErrorBody) -> Self {
        let mut body = Self {
            message: raw.message,
            error_code: raw.error_code,
            error_subcode: raw.error_subcode,
            validation_errors: raw.validation_errors.unwrap_or_default(),
        };
        match raw.detail {
            Some(Detail::Text(text)) => body.message = body.message.or(Some(text)),
            Some(Detail::List(items)) => body.validation_errors.extend(items.into_iter().map(Into::into)),
            Some(Detail::Other(_)) | None => {}
        }
        body
    }
}

impl From<DetailItem> for ValidationError {
    fn from(item: DetailItem) -> Self {
        match item {
            DetailItem::Named(error) => error,
            DetailItem::Located { loc, msg } => {
                let steps = loc.iter().map(|step| match step {
                    LocStep::Name(name) => name.clone(),
                    LocStep::Index(index) => index.to_string(),
                });
                let code = steps.collect::<Vec<_>>().join(".");
                Self { code, message: Some(msg), row: None, column: None }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(json: &str) -> Option<String> {
        serde_json::from_str::<ErrorBody>(json).unwrap().summary()
    }

    #[test]
    fn each_dialect_says_what_it_says() {
        let documented = r#"{"message":"error.auth.invalid_credentials","error_code":"INVALID_CREDENTIALS",
            "error_subcode":null,"validation_errors":[{"code":"A","row":3,"column":"email","message":"no @"}]}"#;
        assert_eq!(
            summary(documented).unwrap(),
            "error.auth.invalid_credentials; INVALID_CREDENTIALS; A, row 3, column email: no @"
        );
        assert_eq!(summary(r#"{"detail":"Not Found"}"#).unwrap(), "Not Found");
        assert_eq!(
            summary(r#"{"detail":[{"loc":["body",0,"eid"],"msg":"field required","type":"missing"}]}"#)
                .unwrap(),
            "body.0.eid: field required"
        );
        assert_eq!(summary(r#"{"detail":[{"name":"ROW_3_INVALID_DATE"}]}"#).unwrap(), "ROW_3_INVALID_DATE");
        assert_eq!(summary(r#"{"message":"m","validation_errors":null}"#).unwrap(), "m");
        assert_eq!(summary("{}"), None);
    }

    #[test]
    fn an_unknown_shape_of_refusal_is_not_dropped() {
        let body: ErrorBody =
            serde_json::from_str(r#"{"validation_errors":[7,"BAD",{"errCode":"X"}]}"#).unwrap();
        let codes: Vec<&str> = body.validation_errors.iter().map(|e| e.code.as_str()).collect();
        assert_eq!(codes, ["UNRECOGNISED", "BAD", "X"]);
        assert_eq!(summary(r#"{"detail":{"odd":true}}"#), None);
    }

    #[test]
    fn a_row_is_found_in_its_field_or_in_the_code() {
        let row = |json: &str| serde_json::from_str::<ValidationError>(json).unwrap().row_number();
        assert_eq!(row(r#"{"errCode":"ROW_3_INVALID_DATE"}"#), Some(3));
        assert_eq!(row(r#"{"code":"ROW_3_INVALID_DATE","row":7}"#), Some(7));
        for none in [r#""ROW_WIDTH""#, r#""ROW_""#, r#""NO_ROW_3""#, r#""ROW_-1_X""#] {
            assert_eq!(row(none), None, "{none}");
        }
    }
}
