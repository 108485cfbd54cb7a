//! How a backup comes on, and why one is no good.

use browser::{BackupError, PASSPHRASE_CHARS, limits};

use super::Wording;
use crate::chat::BackupFailure;
use crate::text::Language;

/// Bytes in a megabyte.
const MEGABYTE: u64 = 1_000_000;

fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(MEGABYTE)
}

impl Language {
    /// A backup is being made.
    pub fn exporting(self, ready: u64) -> String {
        let ready = megabytes(ready);
        self.pick(
            format!("The backup is being made: {ready} MB so far. Keep this page open."),
            format!("正在导出备份：已有 {ready} MB。请不要关闭此页面。"),
        )
    }

    /// A backup is made.
    pub fn exported(self, rooms: u32) -> String {
        let english = self.counted(
            rooms,
            "The backup of your room is made",
            "The backup of your # rooms is made",
        );
        let rooms = self.numbered(rooms);
        self.pick(
            format!(
                "{english}; the browser saves it as a file. Without its passphrase nobody can \
                 open it, you neither."
            ),
            format!(
                "{rooms} 个房间的备份已导出，浏览器会把它保存为文件。没有口令，谁也无法打开，包括你。"
            ),
        )
    }

    /// A backup is being taken in.
    pub fn importing(self, sent: u64, total: u64) -> String {
        let (sent, total) = (megabytes(sent), megabytes(total));
        self.pick(
            format!("The backup is being read: {sent} of {total} MB. Keep this page open."),
            format!("正在导入备份：{sent} / {total} MB。请不要关闭此页面。"),
        )
    }

    /// A backup is taken in.
    pub fn imported(self, added: u32, known: u32) -> String {
        let came = match added {
            0 => "No new room has come.".to_owned(),
            _ => self.counted(
                added,
                "One room has come to this device.",
                "# rooms have come to this device.",
            ),
        };
        let was = match known {
            0 => String::new(),
            _ => self.counted(
                known,
                " One was here already and is as it was.",
                " # were here already and are as they were.",
            ),
        };
        let known = match known {
            0 => String::new(),
            known => format!("另有 {known} 个房间本来就在这里，保持不变。"),
        };
        self.pick(came + &was, format!("已导入 {added} 个房间。{known}"))
    }

    /// Why a backup came to nothing.
    pub fn backup_failure(self, failure: &BackupFailure) -> Wording {
        match failure {
            BackupFailure::Refused(refusal) => self.client_refusal(refusal),
            BackupFailure::Interrupted => self.backup_interrupted(),
            BackupFailure::Unreadable => self.say(
                "The browser cannot read or write the file.",
                "Look whether it is still there and whether the disk has space, then try again. \
                 Nothing on this device has changed.",
                "浏览器无法读写该文件。",
                "请检查文件是否还在、磁盘是否有空间，然后重试。本机内容没有变化。",
            ),
        }
    }

    pub(super) fn backup_interrupted(self) -> Wording {
        self.say(
            "The work on the backup was interrupted.",
            "Another tab has taken over, or was at it. Nothing on this device has changed: try \
             again.",
            "备份工作被中断了。",
            "另一个标签页接手了工作，或正在处理备份。本机内容没有变化，请重试。",
        )
    }

    pub(super) fn backup_error(self, error: BackupError) -> Wording {
        match error {
            BackupError::Foreign => self.say(
                "This file is no backup of Confab.",
                "Choose the file that an export has saved. Nothing on this device has changed.",
                "该文件不是 Confab 备份。",
                "请选择导出时保存的文件。本机内容没有变化。",
            ),
            BackupError::Newer { version } => self.say(
                format!("This backup was made by a newer version of Confab ({version})."),
                "Reload the page to update it, then try again. Nothing on this device has changed.",
                format!("该备份由更新版本的 Confab 生成（{version}）。"),
                "请重新加载页面以更新，然后重试。本机内容没有变化。",
            ),
            BackupError::Passphrase => self.say(
                "This passphrase does not open the file.",
                "Try it again: capital letters and spaces count. If it is right, the file is \
                 damaged. Nothing on this device has changed.",
                "此口令打不开该文件。",
                "请重试，注意大小写和空格。如果口令无误，则文件已损坏。本机内容没有变化。",
            ),
            BackupError::Damaged => self.say(
                "This backup is damaged.",
                "Copy it once more from where it was saved, or make another one. Nothing on this \
                 device has changed.",
                "该备份已损坏。",
                "请从原处重新复制，或重新导出。本机内容没有变化。",
            ),
            BackupError::Incomplete => self.say(
                "This backup is incomplete: its end is missing.",
                "Copy it once more from where it was saved. Nothing on this device has changed.",
                "该备份不完整，缺少结尾。",
                "请从原处重新复制。本机内容没有变化。",
            ),
            BackupError::TooLarge => {
                let most = limits::BACKUP_BYTES / 1_000_000;
                self.say(
                    format!("A backup can have {most} MB at most."),
                    "Leave rooms that you do not need any more. Nothing on this device has \
                     changed.",
                    format!("备份最大为 {most} MB。"),
                    "请先离开不再需要的房间。本机内容没有变化。",
                )
            }
            BackupError::TooShort => self.say(
                "This passphrase is too short.",
                format!("It needs at least {PASSPHRASE_CHARS} characters."),
                "口令太短。",
                format!("至少需要 {PASSPHRASE_CHARS} 个字符。"),
            ),
            BackupError::TooLong => self.say(
                "This passphrase is too long.",
                format!("It has at most {} bytes.", limits::PASSPHRASE_BYTES),
                "口令太长。",
                format!("最多 {} 字节。", limits::PASSPHRASE_BYTES),
            ),
        }
    }
}
