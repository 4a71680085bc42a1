//! Relative links in Markdown files lead somewhere: the file exists, and so does the heading.

use std::collections::{HashMap, HashSet};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::Finding;
use crate::workspace::SourceFile;

pub(super) fn check(files: &[SourceFile]) -> Vec<Finding> {
    let markdown: Vec<&SourceFile> = files.iter().filter(|file| file.has_extension("md")).collect();
    let anchors: HashMap<&str, HashSet<String>> =
        markdown.iter().map(|file| (file.path.as_str(), headings(&file.text))).collect();
    let mut findings = Vec::new();
    for file in &markdown {
        for (line, target) in links(&file.text) {
            if let Some(problem) = problem(&file.path, &target, files, &anchors) {
                findings.push(Finding::at_line(&file.path, line, format!("the link '{target}' {problem}")));
            }
        }
    }
    findings
}

fn problem(
    from: &str,
    target: &str,
    files: &[SourceFile],
    anchors: &HashMap<&str, HashSet<String>>,
) -> Option<&'static str> {
    // Anything with a scheme (`https:`, `mailto:`) leaves the project; nobody is asked over the network.
    if target.split(['/', '#']).next().is_some_and(|start| start.contains(':')) {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let Some(path) = resolve(from, path) else { return Some("leads out of the project") };
    let is_folder = || files.iter().any(|file| file.path.starts_with(&format!("{path}/")));
    if !files.iter().any(|file| file.path == path) && !path.is_empty() && !is_folder() {
        return Some("leads to no file of the project");
    }
    let known = anchors.get(path.as_str());
    (!anchor.is_empty() && known.is_some_and(|known| !known.contains(anchor)))
        .then_some("names a heading that is not there")
}

/// The path a link means, from the workspace's root; `None` above that root.
fn resolve(from: &str, link: &str) -> Option<String> {
    if link.is_empty() {
        return Some(from.to_owned());
    }
    let mut steps: Vec<&str> = from.split('/').collect();
    steps.pop();
    for step in link.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop()?;
            }
            name => steps.push(name),
        }
    }
    Some(steps.join("/"))
}

/// Every link and image with the line it starts on.
fn links(text: &str) -> Vec<(usize, String)> {
    let parser = Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter();
    parser
        .filter_map(|(event, range)| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some((text[..range.start].matches('\n').count() + 1, dest_url.into_string()))
            }
            _ => None,
        })
        .collect()
}

/// The anchors of a file's headings, as Git forges make them: lower case, hyphens for spaces, no punctuation.
fn headings(text: &str) -> HashSet<String> {
    let mut found = HashSet::new();
    let mut heading: Option<String> = None;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => found.extend(heading.take()),
            Event::Text(part) | Event::Code(part) => {
                if let Some(anchor) = &mut heading {
                    anchor.extend(part.to_lowercase().chars().filter_map(|c| match c {
                        ' ' => Some('-'),
                        '-' | '_' => Some(c),
                        _ => c.is_alphanumeric().then_some(c),
                    }));
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::test_support::{file, places};

    #[test]
    fn dead_links_of_every_form_are_found() {
        let files = [
            file("docs/a.md", "[gone](b.md)\n\n[out](../../x)\n\n[ref]\n\n[ref]: nowhere\n\n![i](i.png)\n"),
            file("README.md", "| a |\n|---|\n| [cell](docs/none.md) |\n\n[no heading](docs/a.md#two)\n"),
        ];
        let dead = ["docs/a.md:1", "docs/a.md:3", "docs/a.md:5", "docs/a.md:9", "README.md:3", "README.md:5"];
        assert_eq!(places(check(&files)), dead);
    }

    #[test]
    fn living_and_foreign_links_and_code_pass() {
        let files = [
            file("docs/a.md", "# One `two` & three!\n[up](../README.md) [b](./b.md) [#](#one-two--three)"),
            file("docs/b.md", "[dir](../docs) [web](https://example.com/x) `[code](gone.md)`"),
            file("README.md", "[a](docs/a.md#one-two--three)\n\n```md\n[fenced](gone.md)\n```\n"),
        ];
        assert_eq!(check(&files), []);
    }
}
