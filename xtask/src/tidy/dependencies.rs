//! The layers: what each crate may pull in, read from `cargo tree`, so that transitive edges count too.

use anyhow::Result;
use xshell::{Shell, cmd};

use super::Finding;

/// Crates that bring a runtime or an HTTP stack, with everything named after them (`hyper-util`, `tokio-rustls`).
const NETWORK: &[&str] = &["tokio", "reqwest", "hyper"];

/// A package and what must not stand anywhere in its normal dependency tree.
const BANNED: &[(&str, &[&str])] = &[
    ("upload-proto", NETWORK),
    ("upload-core", NETWORK),
    // Its answers are what the client is tested against: sharing logic, both could be wrong together.
    ("upload-sandbox", &["upload-core", "upload-http", "upload-cli"]),
];

/// What depending on the protocol types costs others.
const PROTO_DIRECT: &[&str] = &["serde", "thiserror"];

pub(super) fn check(sh: &Shell) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for (package, banned) in BANNED {
        let tree = cmd!(sh, "cargo tree --locked -e normal --target all --prefix none -p {package}");
        findings.extend(banned_edges(package, &tree.quiet().read()?, banned));
    }
    let direct =
        cmd!(sh, "cargo tree --locked -e normal --target all --prefix none --depth 1 -p upload-proto");
    findings.extend(other_than("upload-proto", &direct.quiet().read()?, PROTO_DIRECT));
    Ok(findings)
}

/// The names in a tree printed without prefixes, the package itself left out.
fn dependencies(tree: &str) -> impl Iterator<Item = &str> {
    tree.lines().skip(1).filter_map(|line| line.split_whitespace().next())
}

fn banned_edges(package: &str, tree: &str, banned: &[&str]) -> Vec<Finding> {
    let is_banned = |name: &str| {
        banned
            .iter()
            .any(|ban| name.strip_prefix(ban).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')))
    };
    let mut names: Vec<&str> = dependencies(tree).filter(|name| is_banned(name)).collect();
    names.sort_unstable();
    names.dedup();
    let explain = |name| {
        Finding::new(
            package,
            format!(
                "pulls in {name}; `cargo tree -e normal -p {package} -i {name}` shows the way it comes in"
            ),
        )
    };
    names.into_iter().map(explain).collect()
}

fn other_than(package: &str, tree: &str, allowed: &[&str]) -> Vec<Finding> {
    let extra = dependencies(tree).filter(|name| !allowed.contains(name));
    let explain = |name| {
        Finding::new(package, format!("depends on {name}; only {} are allowed there", allowed.join(" and ")))
    };
    extra.map(explain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "upload-core v0.1.0 (/w/crates/upload-core)\nfutures v0.3.31\nhyper-util v0.1.0\n\
        tokio v1.0.0\ntokio v1.0.0 (*)\ntokionette v1.0.0\n";

    #[test]
    fn a_network_stack_is_found_once_however_deep_it_lies() {
        let messages: Vec<String> =
            banned_edges("upload-core", TREE, NETWORK).iter().map(ToString::to_string).collect();
        assert_eq!(messages.len(), 2, "{messages:?}");
        assert!(messages[0].starts_with("upload-core: pulls in hyper-util;"), "{messages:?}");
        assert!(messages[1].contains("pulls in tokio;"), "{messages:?}");
    }

    #[test]
    fn the_sandbox_may_not_share_the_clients_logic() {
        let tree = "upload-sandbox v0.1.0\nupload-proto v0.1.0\nupload-http v0.1.0 (/w)\n";
        let banned = BANNED.iter().find(|(package, _)| *package == "upload-sandbox").unwrap().1;
        assert_eq!(banned_edges("upload-sandbox", tree, banned).len(), 1);
    }

    #[test]
    fn a_third_direct_dependency_is_found() {
        let tree = "upload-proto v0.1.0\nserde v1.0.0\nthiserror v2.0.0\n";
        assert_eq!(other_than("upload-proto", tree, PROTO_DIRECT), []);
        let more = format!("{tree}url v2.5.0\n");
        assert!(other_than("upload-proto", &more, PROTO_DIRECT)[0].message.starts_with("depends on url;"));
    }

    #[test]
    fn the_workspace_as_it_is_keeps_to_its_layers() {
        assert_eq!(check(&crate::workspace::shell().unwrap()).unwrap(), []);
    }
}
