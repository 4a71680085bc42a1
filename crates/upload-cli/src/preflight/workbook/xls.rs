//! The binary format, read record by record (MS-XLS). calamine would read it too, but all at once, and makes room for as
//! many cells as a damaged file claims to have; the few records that matter here are quickly told apart.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
};

use super::{SheetRows, Trouble};

/// Record types (MS-XLS 2.3.2), and those of BIFF 3 and 4 that writers still mix in.
mod record {
    pub(super) const BOF: u16 = 0x0809;
    pub(super) const EOF: u16 = 0x000A;
    pub(super) const FILE_PASS: u16 = 0x002F;
    pub(super) const BOUND_SHEET: u16 = 0x0085;
    /// Cells with something in them. `Blank` and `MulBlank` are none: they carry a format alone.
    pub(super) const CELLS: [u16; 10] =
        [0x0203, 0x027E, 0x00BD, 0x00FD, 0x0204, 0x00D6, 0x0205, 0x0006, 0x0206, 0x0406];
}

/// The version that `BOF` names for BIFF 8 (Excel 97 and later).
const BIFF8: u16 = 0x0600;
/// The kind of a `BoundSheet8` that holds cells.
const WORKSHEET: u8 = 0;

/// The sheets up to the first with rows, each as far as need be.
pub(super) fn sheets(
    file: &File,
    proceed: &mut dyn FnMut(u64) -> bool,
) -> Result<Vec<(String, SheetRows)>, Trouble> {
    let damaged = |error: io::Error| Trouble::from_io(error, |error| Trouble::damaged(error));
    let mut container = cfb::CompoundFile::open(BufReader::new(file)).map_err(damaged)?;
    if container.exists("/EncryptedPackage") {
        return Err(Trouble::encrypted());
    }
    let Some(name) = ["/Workbook", "/Book"].into_iter().find(|name| container.is_stream(name)) else {
        let message = "it is a compound file without an .xls workbook in it".to_owned();
        return Err(Trouble::Bad("NOT_A_WORKBOOK", message, "save it as .xls in a spreadsheet program"));
    };
    let stream = container.open_stream(name).map_err(damaged)?;
    let mut records = Records { stream: BufReader::new(stream), proceed };
    let mut sheets = Vec::new();
    for (name, offset) in records.bound_sheets()? {
        let rows = records.rows(offset)?;
        sheets.push((name, rows));
        if rows.header().is_some() {
            break;
        }
    }
    Ok(sheets)
}

struct Records<'a, R> {
    stream: R,
    proceed: &'a mut dyn FnMut(u64) -> bool,
}

impl<R: Read + Seek> Records<'_, R> {
    /// The names of the worksheets, and where in the stream each begins.
    fn bound_sheets(&mut self) -> Result<Vec<(String, u64)>, Trouble> {
        let (first, head) = self.next()?;
        if first != record::BOF {
            return Err(Trouble::damaged(&"its stream begins with no workbook"));
        }
        let is_biff8 = number(&head, 0) == Some(BIFF8);
        let mut sheets = Vec::new();
        loop {
            match self.next()? {
                (record::EOF, _) => return Ok(sheets),
                (record::FILE_PASS, _) => return Err(Trouble::encrypted()),
                (record::BOUND_SHEET, data) if data.get(5) == Some(&WORKSHEET) => {
                    let offset = data.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
                    let offset = offset.ok_or_else(|| Trouble::damaged(&"a sheet's entry is cut off"))?;
                    sheets.push((sheet_name(&data, is_biff8), offset.into()));
                }
                _ => {}
            }
        }
    }

    /// Which rows of the sheet have content, until it is clear that some below the header do.
    fn rows(&mut self, offset: u64) -> Result<SheetRows, Trouble> {
        self.stream.seek(SeekFrom::Start(offset)).map_err(cut_off)?;
        if self.next()?.0 != record::BOF {
            return Err(Trouble::damaged(&"a sheet is not where its entry says"));
        }
        let mut rows = SheetRows::default();
        // Charts within the sheet have records of their own, cells among them.
        let mut nested = 0_u32;
        while !rows.has_data() {
            let (kind, data) = self.next()?;
            match kind {
                record::BOF => nested += 1,
                record::EOF if nested == 0 => break,
                record::EOF => nested -= 1,
                kind if nested == 0 && record::CELLS.contains(&kind) => {
                    let row = number(&data, 0).ok_or_else(|| Trouble::damaged(&"a cell is cut off"))?;
                    rows.see(row.into());
                }
                _ => {}
            }
        }
        Ok(rows)
    }

    /// The next record: its type and its data, of at most 64 KiB.
    fn next(&mut self) -> Result<(u16, Vec<u8>), Trouble> {
        let mut head = [0; 4];
        self.stream.read_exact(&mut head).map_err(cut_off)?;
        let [kind_low, kind_high, len_low, len_high] = head;
        let mut data = vec![0; u16::from_le_bytes([len_low, len_high]).into()];
        self.stream.read_exact(&mut data).map_err(cut_off)?;
        if !(self.proceed)((head.len() + data.len()) as u64) {
            return Err(Trouble::Stopped);
        }
        Ok((u16::from_le_bytes([kind_low, kind_high]), data))
    }
}

fn cut_off(error: io::Error) -> Trouble {
    Trouble::from_io(error, |_| Trouble::damaged(&"it ends in the middle of its records"))
}

fn number(data: &[u8], at: usize) -> Option<u16> {
    data.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

/// The name in a `BoundSheet8`; in BIFF 8 a byte says whether its characters have one byte or two (MS-XLS 2.5.240).
fn sheet_name(data: &[u8], is_biff8: bool) -> String {
    let length = data.get(6).map_or(0, |length| usize::from(*length));
    let (is_wide, start) = match is_biff8 {
        true => (data.get(7).is_some_and(|flags| flags & 1 == 1), 8),
        false => (false, 7),
    };
    let bytes = data.get(start..).unwrap_or_default();
    if is_wide {
        let units = bytes.chunks_exact(2).take(length).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        return char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    }
    // Latin-1 in BIFF 8; whatever code page before, of which this shows what is common to all.
    bytes.iter().take(length).map(|byte| char::from(*byte)).collect()
}
