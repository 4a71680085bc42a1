use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt, fs, io,
    ops::Range,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use serde::{Deserialize, Deserializer, de::Error as _};
use upload_proto::UploadType;

use crate::{
    args::{ApiBudget, ColorChoice, Concurrency, OutputFormat, PatternChoice, Rate, Size, Verify},
    error::{CliError, ErrorKind},
};

/// The profile that is used when nothing names another.
const DEFAULT_PROFILE: &str = "default";

/// The config file: named profiles, one of which is the default.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ConfigFile {
    default_profile: Option<String>,
    profile: BTreeMap<String, Profile>,
}

/// A set of settings under a name. The keys are the options' names; there is none for a token itself, only for the
/// file that holds it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Profile {
    pub(crate) api_url: Option<String>,
    pub(crate) cr_url: Option<String>,
    pub(crate) partner: Option<String>,
    pub(crate) access_token_file: Option<PathBuf>,
    pub(crate) ca_cert: Option<PathBuf>,
    pub(crate) proxy: Option<String>,
    #[serde(deserialize_with = "duration")]
    pub(crate) timeout: Option<Duration>,
    #[serde(deserialize_with = "text")]
    pub(crate) api_budget: Option<ApiBudget>,
    pub(crate) output: Option<OutputFormat>,
    pub(crate) color: Option<ColorChoice>,
    #[serde(rename = "type")]
    pub(crate) upload_type: Option<UploadType>,
    pub(crate) pattern: Option<PatternChoice>,
    #[serde(deserialize_with = "text")]
    pub(crate) part_size: Option<Size>,
    #[serde(deserialize_with = "text")]
    pub(crate) concurrency: Option<Concurrency>,
    #[serde(deserialize_with = "text")]
    pub(crate) memory: Option<Size>,
    #[serde(deserialize_with = "text")]
    pub(crate) limit_rate: Option<Rate>,
    pub(crate) validate: Option<bool>,
    pub(crate) verify: Option<Verify>,
    pub(crate) preflight: Option<bool>,
    pub(crate) resume: Option<bool>,
    pub(crate) keep_on_failure: Option<bool>,
    pub(crate) expect_columns: Option<Vec<String>>,
}

impl ConfigFile {
    /// Reads the file; none is as good as an empty one.
    ///
    /// # Errors
    /// When it cannot be read or has an unknown key or a malformed value: file, line and key are named.
    pub(crate) fn read(path: &Path) -> Result<Self, CliError> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => {
                let message = format!("the config file {} cannot be read: {error}", path.display());
                Err(CliError::new(ErrorKind::Settings, message).hint("make it readable, or move it away"))
            }
        }
    }

    /// Reads the file's text.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(crate) fn parse(text: &str, path: &Path) -> Result<Self, CliError> {
        toml::from_str(text).map_err(|error| {
            // The error's own Display quotes the line, and the line may hold what must not be shown.
            let line = error.span().map_or(1, |Range { start, .. }| {
                text.get(..start).unwrap_or(text).matches('\n').count() + 1
            });
            let trouble = without_values(error.message());
            let message = format!("{}, line {line}: {trouble}", path.display());
            let hint = if trouble.contains("`access_token`") {
                "a token does not belong into this file: name its own file with access_token_file, or set FD_ACCESS_TOKEN"
            } else {
                "correct the line; keys are named like the options, such as part_size"
            };
            CliError::new(ErrorKind::Settings, message).hint(hint)
        })
    }

    /// The profile that was asked for by name, else the file's default one, with its name.
    ///
    /// # Errors
    /// When a profile was named that the file does not have.
    pub(crate) fn profile(self, wanted: Option<&str>, path: &Path) -> Result<(String, Profile), CliError> {
        let named = wanted.map(str::to_owned).or(self.default_profile);
        let name = named.clone().unwrap_or_else(|| DEFAULT_PROFILE.to_owned());
        let mut profiles = self.profile;
        match (profiles.remove(&name), named) {
            (Some(profile), _) => Ok((name, profile)),
            (None, None) => Ok((name, Profile::default())),
            (None, Some(_)) => {
                let message = format!("there is no profile '{name}' in {}", path.display());
                let known: Vec<String> = profiles.into_keys().collect();
                let hint = match known.as_slice() {
                    [] => format!("add a table [profile.{name}]"),
                    _ => format!("use one of: {}", known.join(", ")),
                };
                Err(CliError::new(ErrorKind::Settings, message).hint(hint))
            }
        }
    }
}

/// A complaint about a value of the wrong type without the value: it may be a token in the wrong place.
fn without_values(trouble: &str) -> Cow<'_, str> {
    let is_of_text = ["invalid type: string \"", "invalid value: string \""].iter().find_map(|quoting| {
        let (kind, _) = quoting.split_once(':')?;
        trouble.strip_prefix(quoting).map(|_| kind)
    });
    match (is_of_text, trouble.rsplit_once("\", expected ")) {
        (Some(kind), Some((_, expected))) => Cow::Owned(format!("{kind}: a text, expected {expected}")),
        (Some(kind), None) => Cow::Borrowed(kind),
        (None, _) => Cow::Borrowed(trouble),
    }
}

/// Reads a text, or a bare number, the way the option of the same name does.
fn text<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
    T::Err: fmt::Display,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Raw {
        Text(String),
        Number(u64),
    }
    let text = match Raw::deserialize(deserializer)? {
        Raw::Text(text) => text,
        Raw::Number(number) => number.to_string(),
    };
    text.parse().map(Some).map_err(|error| D::Error::custom(format!("'{text}': {error}")))
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_duration(&text)
        .map(Some)
        .map_err(|error| D::Error::custom(format!("'{text}' is not a duration such as 30s: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ConfigFile, CliError> {
        ConfigFile::parse(text, Path::new("/c/config.toml"))
    }

    const TWO: &str = "default_profile = \"stg\"\n[profile.stg]\napi_url = \"https://s/api\"\ntype = \"t\"\n\
        part_size = \"16MiB\"\nconcurrency = 4\ntimeout = \"1m\"\n[profile.prd]\nvalidate = false\n";

    #[test]
    fn profiles_are_found_by_name_and_by_default() {
        let (name, stg) = parse(TWO).unwrap().profile(None, Path::new("c")).unwrap();
        assert_eq!((name.as_str(), stg.part_size), ("stg", Some(Size(16 << 20))));
        assert_eq!(stg.timeout, Some(Duration::from_secs(60)));
        let (_, prd) = parse(TWO).unwrap().profile(Some("prd"), Path::new("c")).unwrap();
        assert_eq!(prd.validate, Some(false));
        let (name, empty) = parse("").unwrap().profile(None, Path::new("c")).unwrap();
        assert_eq!((name.as_str(), empty.api_url), ("default", None));
    }

    #[test]
    fn a_missing_profile_names_those_there_are() {
        let error = parse(TWO).unwrap().profile(Some("dev"), Path::new("c")).unwrap_err();
        assert!(error.message.contains("'dev'"));
        assert_eq!(error.hint.as_deref(), Some("use one of: prd, stg"));
    }

    #[test]
    fn a_mistake_names_file_line_and_key() {
        let unknown = parse("[profile.a]\npartsize = 1\n").unwrap_err();
        assert!(unknown.message.contains("/c/config.toml, line 2"), "{unknown}");
        assert!(unknown.message.contains("`partsize`"), "{unknown}");
        let malformed = parse("[profile.a]\n\npart_size = \"tiny\"\n").unwrap_err();
        assert!(malformed.message.contains("line 3") && malformed.message.contains("tiny"), "{malformed}");
    }

    #[test]
    fn a_token_in_the_file_is_refused_and_not_quoted() {
        let error = parse("[profile.a]\naccess_token = \"hush\"\n").unwrap_err();
        assert!(!error.message.contains("hush"), "{error}");
        assert!(error.hint.unwrap().contains("access_token_file"));
    }

    #[test]
    fn a_value_in_the_wrong_place_is_not_quoted() {
        for text in [
            "[profile]\naccess_token = \"hush \\\", expected hush\"\n",
            "profile = \"hush\"\n",
            "[profile.a]\nvalidate = \"hush\"\n",
            "[profile.a]\nexpect_columns = \"hush\"\n",
        ] {
            let error = parse(text).unwrap_err();
            assert!(!error.message.contains("hush"), "{error}");
            assert!(error.message.contains("invalid type: a text, expected"), "{error}");
        }
    }
}
