/// What is wrong with the part of a URL that names host and port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthorityError {
    NoHost,
    BadPort,
    BadCharacter,
}

/// Splits `host`, `host:port`, `[::1]` or `[::1]:port`; the host keeps its brackets.
///
/// Stricter than RFC 3986 (section 3.2.2): no escapes and none of the characters that programs take for different things,
/// such as the backslash, which browsers' rules read as the end of the host. What we name is where the request goes.
pub(crate) fn split(authority: &str) -> Result<(&str, Option<u16>), AuthorityError> {
    let end = match authority.strip_prefix('[') {
        Some(literal) => literal.find(']').ok_or(AuthorityError::BadCharacter)? + 2,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, rest) = authority.split_at(end);
    let fits = match host.strip_prefix('[') {
        Some(literal) => {
            literal.trim_end_matches(']').bytes().all(|b| b.is_ascii_hexdigit() || b":.".contains(&b))
        }
        None => host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)),
    };
    match (host, rest.strip_prefix(':')) {
        ("" | "[]", _) => Err(AuthorityError::NoHost),
        _ if !fits => Err(AuthorityError::BadCharacter),
        (_, Some(port)) => match port.parse() {
            // `parse` takes a plus sign.
            Ok(port @ 1..) if rest.bytes().skip(1).all(|b| b.is_ascii_digit()) => Ok((host, Some(port))),
            _ => Err(AuthorityError::BadPort),
        },
        _ if rest.is_empty() => Ok((host, None)),
        _ => Err(AuthorityError::BadCharacter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_addresses_and_ports_are_told_apart() {
        assert_eq!(split("a_b-c.example.com"), Ok(("a_b-c.example.com", None)));
        assert_eq!(split("127.0.0.1:9000"), Ok(("127.0.0.1", Some(9000))));
        assert_eq!(split("[::1]"), Ok(("[::1]", None)));
        assert_eq!(split("[::ffff:127.0.0.1]:65535"), Ok(("[::ffff:127.0.0.1]", Some(65535))));
    }

    #[test]
    fn what_others_might_read_another_host_from_is_refused() {
        for text in ["a\\b", "a%2eb", "a!b", "[::1", "[::1]x", "[fe80::1%25eth0]", "a[b]", "a@b"] {
            assert_eq!(split(text), Err(AuthorityError::BadCharacter), "{text}");
        }
        for text in ["h:", "h:0", "h:65536", "h:+80", "h:80:80", "::1"] {
            assert!(matches!(split(text), Err(AuthorityError::BadPort | AuthorityError::NoHost)), "{text}");
        }
        assert_eq!(split(""), Err(AuthorityError::NoHost));
        assert_eq!(split("[]"), Err(AuthorityError::NoHost));
    }
}
