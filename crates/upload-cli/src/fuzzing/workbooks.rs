//! The look into a workbook before it is sent.

use std::io::{Cursor, Write};

use upload_fuzz::{Target, documents};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::preflight::{WorkbookFormat, check_workbook};

pub(super) const WORKBOOK: Target = Target { name: "workbook", seeds: workbooks, check: check_any };
pub(super) const SHEET: Target = Target { name: "worksheet", seeds: sheets, check: check_sheet };

const SHEET_XML: &str = r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:B2"/><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>eid</t></is></c><c r="B1" t="s"><v>0</v></c></row><row r="2"><c r="A2"><v>7</v></c></row></sheetData></worksheet>"#;

fn workbooks() -> Vec<Vec<u8>> {
    vec![
        include_bytes!("../../tests/files/rows.xls").to_vec(),
        include_bytes!("../../tests/files/header_only.xls").to_vec(),
        xlsx(SHEET_XML.as_bytes()),
    ]
}

fn sheets() -> Vec<Vec<u8>> {
    documents(&[
        SHEET_XML,
        r#"<worksheet><sheetData><row r="1048576"><c r="XFD1048576"><f>1+1</f><v>2</v></c></row></sheetData></worksheet>"#,
        r#"<worksheet><dimension ref="A1:XFD1048576"/><sheetData/></worksheet>"#,
    ])
}

fn check_any(bytes: &[u8]) {
    look(bytes);
}

/// With the checksums right, so that what is damaged is the sheet and not its packing.
fn check_sheet(bytes: &[u8]) {
    look(&xlsx(bytes));
}

fn look(bytes: &[u8]) {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(bytes).expect("it can be written");
    for accepted in [&[WorkbookFormat::Xlsx][..], &[WorkbookFormat::Xlsx, WorkbookFormat::Xls]] {
        let report = check_workbook(&file, "x.xlsx", accepted, |_| true);
        let report = report.expect("the file can be read").expect("nothing stops the look");
        assert!(report.total <= 1);
    }
}

fn xlsx(sheet: &[u8]) -> Vec<u8> {
    let parts: [(&str, &[u8]); 5] = [
        ("[Content_Types].xml", br#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"#),
        ("xl/workbook.xml", br#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="One" sheetId="1" r:id="rId1"/></sheets></workbook>"#),
        ("xl/_rels/workbook.xml.rels", br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#),
        ("xl/sharedStrings.xml", br#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1" uniqueCount="1"><si><t>sold</t></si></sst>"#),
        ("xl/worksheets/sheet1.xml", sheet),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, content) in parts {
        zip.start_file(name, stored).expect("a part can be begun");
        zip.write_all(content).expect("memory can be written to");
    }
    zip.finish().expect("memory can be written to").into_inner()
}
