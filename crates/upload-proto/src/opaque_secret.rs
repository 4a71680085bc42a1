use std::fmt;

/// Why a text cannot be the secret it should be. Deliberately without the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {0} is empty")]
pub struct EmptySecret(&'static str);

macro_rules! opaque_secret {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(Box<str>);

        impl $name {
            /// The secret itself, for the one place that sends it and the cache that keeps it under lock.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = EmptySecret;

            fn try_from(text: String) -> Result<Self, EmptySecret> {
                if text.is_empty() { Err(EmptySecret($what)) } else { Ok(Self(text.into())) }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    };
}

opaque_secret! {
    /// What a new access token is asked for with. Its `Debug` is redacted and it has no `Display`.
    RefreshToken, "refresh token"
}
opaque_secret! {
    /// A JWT that says who signed in; its `cognito:groups` claim lists the partners that may be acted for. It is as
    /// secret as the other tokens: its `Debug` is redacted and it has no `Display`.
    IdToken, "id token"
}
opaque_secret! {
    /// The password of an account. Its `Debug` is redacted and it has no `Display`; nothing is trimmed from it.
    Password, "password"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints_a_secret() {
        let secrets = [
            format!("{:?}", RefreshToken::try_from("hush".to_owned()).unwrap()),
            format!("{:?}", IdToken::try_from("hush".to_owned()).unwrap()),
            format!("{:?}", Password::try_from("hush".to_owned()).unwrap()),
        ];
        assert_eq!(secrets, ["RefreshToken(redacted)", "IdToken(redacted)", "Password(redacted)"]);
        let error = Password::try_from(String::new()).unwrap_err();
        assert_eq!(error.to_string(), "the password is empty");
    }

    #[test]
    fn a_password_keeps_its_blanks() {
        assert_eq!(Password::try_from(" a b ".to_owned()).unwrap().expose(), " a b ");
    }
}
