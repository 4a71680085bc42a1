use upload_core::{Attempts, Delivery, Failure, RetryPolicy, Step, TransportErrorKind};
use upload_http::{AuthClient, TokioClock};
use upload_proto::{Password, SignInRequest, SignInResponse, SignedIn};

use crate::error::{CliError, ErrorKind};

/// Signs in with name and password.
///
/// # Errors
/// When they are refused, when the account wants more than them, and when the platform cannot be reached.
pub(crate) async fn sign_in(auth: &AuthClient, user: &str, password: Password) -> Result<SignedIn, CliError> {
    let request = SignInRequest { username: user.to_owned(), password };
    let attempts = Attempts {
        clock: &TokioClock,
        policy: RetryPolicy::default(),
        // Two sessions instead of one do no harm.
        delivery: Delivery::AtLeastOnce,
        step: Step::SignIn,
        seed: fastrand::u64(..),
    };
    let observe = |retrying: &upload_core::Retrying<'_>| {
        let (error, seconds) = (retrying.error, retrying.wait.as_secs_f32());
        tracing::warn!(target: "upload_cli", %error, seconds, "signing in failed, and is tried again");
    };
    match attempts.run(observe, |attempt| auth.sign_in(attempt, &request)).await {
        Ok((SignInResponse::SignedIn(signed_in), _)) => Ok(signed_in),
        Ok((SignInResponse::Challenge { name }, _)) => Err(challenged(user, &name)),
        Err(failure) => Err(refused(user, &failure)),
    }
}

fn refused(user: &str, failure: &Failure) -> CliError {
    let error = CliError::from(failure);
    match error.kind {
        ErrorKind::Transport(TransportErrorKind::Unauthorized) => CliError {
            message: format!("user '{user}' cannot sign in: {}", error.message),
            hint: Some("check user and password (FD_USERNAME, FD_PASSWORD), and that the base URL is that of the account's platform".into()),
            ..error
        },
        _ => error,
    }
}

fn challenged(user: &str, name: &str) -> CliError {
    // The name is the server's word: nothing but a word is shown.
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect();
    let wanted = match name.as_str() {
        "NEW_PASSWORD_REQUIRED" => "a new password, which is chosen by signing in on the platform's own site",
        "SMS_MFA" | "SOFTWARE_TOKEN_MFA" | "EMAIL_OTP" | "SMS_OTP" | "SELECT_MFA_TYPE" | "MFA_SETUP" => {
            "a second factor, which cannot be given here"
        }
        _ => "more than a password, which cannot be given here",
    };
    let message = format!("user '{user}' cannot sign in: the account wants {wanted} (challenge {name})");
    CliError::new(ErrorKind::Transport(TransportErrorKind::Unauthorized), message).hint(
        "use a service account, which has no second factor and a lasting password, or set FD_ACCESS_TOKEN",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_says_what_the_account_wants() {
        for (name, words) in [
            ("NEW_PASSWORD_REQUIRED", "a new password"),
            ("SMS_MFA", "second factor"),
            ("CUSTOM\u{1b}[31m", "(challenge CUSTOM31m)"),
        ] {
            let error = challenged("ada", name);
            assert!(error.message.contains(words) && error.message.contains("'ada'"), "{error}");
            assert_eq!(error.kind.exit_status(), 4);
        }
    }
}
