use std::{fmt::Display, str::FromStr};

use super::FaultSpecError;

/// An action's name and what follows it, taken out one by one; what is left at the end is an error.
#[derive(Debug)]
pub(super) struct Arguments<'a> {
    pub(super) name: String,
    whole: &'a str,
    value: Option<&'a str>,
    named: Vec<(String, &'a str, &'a str)>,
}

impl<'a> Arguments<'a> {
    /// Splits `name[:value][,key:value…]`. A hyphen in a name counts as an underscore.
    pub(super) fn of(text: &'a str) -> Result<Self, FaultSpecError> {
        let mut pieces = text.split(',');
        let first = pieces.next().unwrap_or_default();
        let (name, value) = first.split_once(':').map_or((first, None), |(name, value)| (name, Some(value)));
        let mut named: Vec<(String, &str, &str)> = Vec::new();
        for piece in pieces {
            let Some((key, value)) = piece.split_once(':') else {
                return Err(FaultSpecError::new(piece.into(), "expected KEY:VALUE, as in 'after:1MiB'"));
            };
            let key = spelled(key);
            if named.iter().any(|(known, ..)| *known == key) {
                return Err(FaultSpecError::new(piece.into(), "is there twice"));
            }
            named.push((key, value, piece));
        }
        Ok(Self { name: spelled(name), whole: first, value, named })
    }

    /// The value right behind the name.
    pub(super) fn value(&mut self, what: &str) -> Result<&'a str, FaultSpecError> {
        self.value.take().ok_or_else(|| FaultSpecError::new(self.whole.into(), what))
    }

    /// The value right behind the name, read.
    pub(super) fn parsed<T: FromStr>(&mut self, what: &str) -> Result<T, FaultSpecError> {
        let text = self.value(what)?;
        text.parse().map_err(|_| FaultSpecError::new(self.whole.into(), what))
    }

    /// Whether a value stands right behind the name.
    pub(super) const fn has_value(&self) -> bool {
        self.value.is_some()
    }

    /// The value of a key, read by `read`; `None` where the key is not there.
    pub(super) fn named<T, E: Display>(
        &mut self,
        key: &str,
        read: impl FnOnce(&'a str) -> Result<T, E>,
    ) -> Result<Option<T>, FaultSpecError> {
        let Some(place) = self.named.iter().position(|(name, ..)| name == key) else { return Ok(None) };
        let (_, value, piece) = self.named.remove(place);
        read(value).map(Some).map_err(|why| FaultSpecError::new(piece.into(), &why.to_string()))
    }

    /// Refuses what nobody has asked for.
    pub(super) fn finish(self) -> Result<(), FaultSpecError> {
        let name = &self.name;
        if self.value.is_some() {
            return Err(FaultSpecError::new(
                self.whole.into(),
                &format!("'{name}' takes no value of its own"),
            ));
        }
        match self.named.first() {
            Some((_, _, piece)) => {
                Err(FaultSpecError::new((*piece).into(), &format!("'{name}' has no such key")))
            }
            None => Ok(()),
        }
    }
}

fn spelled(name: &str) -> String {
    name.replace('-', "_")
}
