use std::io::Write;

use rust_xlsxwriter::Workbook;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;

const BOTH: [WorkbookFormat; 2] = [WorkbookFormat::Xlsx, WorkbookFormat::Xls];
const ROWS_XLS: &[u8] = include_bytes!("../../../tests/files/rows.xls");
const HEADER_ONLY_XLS: &[u8] = include_bytes!("../../../tests/files/header_only.xls");

/// The code and words of what is wrong; `None` where nothing is.
fn checked(name: &str, content: &[u8]) -> Option<(String, String)> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(content).unwrap();
    let report = check_workbook(&file, name, &BOTH, |_| true).unwrap().unwrap();
    assert!(report.total <= 1);
    report.findings.into_iter().next().map(|finding| (finding.code, finding.message.unwrap()))
}

/// A workbook with these sheets; a cell is its row, its column and its text.
/// A sheet's name and its cells: row, column (both from 0) and text.
type SheetCells<'a> = (&'a str, &'a [(u32, u16, &'a str)]);

fn xlsx(sheets: &[SheetCells<'_>]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, cells) in sheets {
        let sheet = book.add_worksheet();
        sheet.set_name(*name).unwrap();
        for (row, column, text) in *cells {
            sheet.write_string(*row, *column, *text).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(io::Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[track_caller]
fn assert_bad(name: &str, content: &[u8], code: &str, words: &[&str]) {
    let (found, message) = checked(name, content).unwrap_or_else(|| panic!("{name} passes"));
    assert_eq!(found, code, "{message}");
    for word in words {
        assert!(message.contains(word), "'{word}' is missing in: {message}");
    }
}

#[test]
fn rows_below_a_header_pass_wherever_they_begin_and_whatever_is_empty_before() {
    let rows = xlsx(&[("Notes", &[]), ("Sales", &[(2, 0, "date"), (2, 1, "sold"), (9, 1, "4")])]);
    assert_eq!(checked("a.xlsx", &rows), None);
    assert_eq!(checked("A.XLSX", &rows), None);
    assert_eq!(checked("a.xls", ROWS_XLS), None);
}

#[test]
fn cells_that_are_far_apart_cost_nothing() {
    let corners = xlsx(&[("Far", &[(0, 0, "a"), (1_048_575, 16_383, "z")])]);
    assert_eq!(checked("a.xlsx", &corners), None);
}

#[test]
fn a_workbook_without_rows_names_its_sheet() {
    assert_bad("a.xlsx", &xlsx(&[("Sales", &[])]), "EMPTY_WORKBOOK", &["only sheet 'Sales' is empty"]);
    let blank = xlsx(&[("One", &[(0, 0, "  ")]), ("Two", &[])]);
    assert_bad("a.xlsx", &blank, "EMPTY_WORKBOOK", &["'One', 'Two'"]);
    let header = xlsx(&[("Sales", &[(1, 0, "date"), (1, 1, "sold"), (2, 0, " ")])]);
    assert_bad("a.xlsx", &header, "NO_DATA_ROW", &["'Sales'", "row 2"]);
    assert_bad("a.xls", HEADER_ONLY_XLS, "NO_DATA_ROW", &["'Events'", "row 1"]);
}

#[test]
fn another_file_does_not_become_a_workbook_by_its_name() {
    assert_bad("a.xlsx", b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n", "NOT_A_WORKBOOK", &[".xlsx", "application/pdf"]);
    assert_bad("a.xls", b"date;sold\n1;2\n", "NOT_A_WORKBOOK", &["CSV"]);
    assert_bad("a.xlsx", &zipped(&[("readme.txt", b"hello")]), "NOT_A_WORKBOOK", &["ZIP"]);
    assert_bad("a.csv", b"date\n1\n", "NOT_ACCEPTED", &[".xlsx or .xls"]);
    assert_bad(
        "a.xls",
        &xlsx(&[("S", &[])]),
        "NAME_AND_CONTENT_DIFFER",
        &["called .xls", "content is .xlsx"],
    );
}

#[test]
fn an_old_workbook_under_the_new_name_is_told_from_one_with_a_password() {
    assert_bad("a.xlsx", ROWS_XLS, "NAME_AND_CONTENT_DIFFER", &["called .xlsx", "content is .xls"]);
    assert_bad("a.xlsx", &compound(&[("EncryptedPackage", &[0; 64])]), "ENCRYPTED", &["password"]);
    // BOF of BIFF 8 and FilePass, as MS-XLS 2.1.4 orders them.
    let stream = [&[0x09, 0x08, 4, 0, 0x00, 0x06, 5, 0][..], &[0x2F, 0, 2, 0, 1, 0]].concat();
    assert_bad("a.xls", &compound(&[("Workbook", &stream)]), "ENCRYPTED", &["password"]);
    assert_bad("a.xls", &compound(&[("WordDocument", &[0; 64])]), "NOT_A_WORKBOOK", &["compound file"]);
}

fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut container = cfb::CompoundFile::create(io::Cursor::new(Vec::new())).unwrap();
    for (name, content) in streams {
        container.create_stream(format!("/{name}")).unwrap().write_all(content).unwrap();
    }
    container.flush().unwrap();
    container.into_inner().into_inner()
}

#[test]
fn a_damaged_workbook_is_told_wherever_it_is_cut_or_altered() {
    let whole = xlsx(&[("Sales", &[(0, 0, "date"), (1, 0, "today")])]);
    for cut in [10, whole.len() / 2, whole.len() - 1] {
        assert_bad("a.xlsx", &whole[..cut], "DAMAGED", &[]);
    }
    for cut in [600, 2000, ROWS_XLS.len() / 2] {
        assert_bad("a.xls", &ROWS_XLS[..cut], "DAMAGED", &[]);
    }
    let mut altered = whole;
    let middle = altered.len() / 3;
    altered[middle..middle + 40].fill(0xAA);
    assert_bad("a.xlsx", &altered, "DAMAGED", &[]);
}

#[test]
fn nothing_is_made_room_for_on_a_files_word() {
    let strings = br#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" uniqueCount="99999999999999"></sst>"#;
    assert_bad("a.xlsx", &zipped(&[("xl/sharedStrings.xml", strings)]), "DAMAGED", &["more texts"]);
    let bomb = zipped(&[("xl/sharedStrings.xml", &vec![b' '; 257 << 20])]);
    assert!(bomb.len() < 1 << 20);
    assert_bad("a.xlsx", &bomb, "TOO_LARGE", &["256 MiB"]);
}

#[test]
fn the_look_can_be_ended() {
    for (name, content) in [("a.xlsx", &xlsx(&[("S", &[(0, 0, "a")])])[..]), ("a.xls", ROWS_XLS)] {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        assert!(check_workbook(&file, name, &BOTH, |_| false).unwrap().is_none(), "{name}");
    }
}
