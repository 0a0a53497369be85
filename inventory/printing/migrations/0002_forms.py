"""The forms of both regimes (glossary section 2), and the site's choice; a unit with others adds its own."""

from datetime import date

from django.db import migrations
from django.utils import timezone

CIRCULAR_200 = "Thông tư số 200/2014/TT-BTC ngày 22/12/2014 của Bộ Tài chính"
CIRCULAR_99 = "Thông tư số 99/2025/TT-BTC ngày 27/10/2025 của Bộ Tài chính"


def voucher(planned, done):
    return "\n".join(
        [
            "STT | no | A | 10",
            "Tên, nhãn hiệu, quy cách, phẩm chất vật tư | goods | B | 58",
            "Mã số | code | C | 34",
            "ĐVT | unit | D | 16",
            f"{planned} | planned | 1 | 24",
            f"{done} | done | 2 | 24",
            "Đơn giá | price | 3 | 24",
            "Thành tiền | amount | 4 | 28",
            "Lô, hạn dùng | lots | E | 36",
        ]
    )


CARD = """STT | no | A | 9
Ngày, tháng | day | B | 21
Số hiệu chứng từ / Nhập | in_number | C | 38
Số hiệu chứng từ / Xuất | out_number | D | 38
Diễn giải | told | E | 43
Ngày nhập, xuất | moved | F | 22
Số lượng / Nhập | in | 1 | 20
Số lượng / Xuất | out | 2 | 20
Số lượng / Tồn | balance | 3 | 22
Ký xác nhận của kế toán | signed | G | 19"""
INSPECTION = """STT | no | A | 10
Tên, nhãn hiệu, quy cách vật tư | goods | B | 60
Mã số | code | C | 34
ĐVT | unit | D | 16
Phương thức kiểm nghiệm | method | E | 32
Số lượng theo chứng từ | planned | 1 | 24
Kết quả kiểm nghiệm / Đúng quy cách, phẩm chất | good | 2 | 26
Kết quả kiểm nghiệm / Không đúng quy cách, phẩm chất | bad | 3 | 26
Ghi chú | note | F | 24"""
STOCKTAKE = """STT | no | A | 8
Tên, nhãn hiệu, quy cách vật tư | goods | B | 34
Mã số | code | C | 30
ĐVT | unit | D | 11
Đơn giá | price | 1 | 16
Theo sổ kế toán / Số lượng | book | 2 | 16
Theo sổ kế toán / Thành tiền | book_amount | 3 | 20
Theo kiểm kê / Số lượng | counted | 4 | 16
Theo kiểm kê / Thành tiền | counted_amount | 5 | 20
Thừa / Số lượng | surplus | 6 | 16
Thừa / Thành tiền | surplus_amount | 7 | 18
Thiếu / Số lượng | shortage | 8 | 16
Thiếu / Thành tiền | shortage_amount | 9 | 18
Phẩm chất / Còn tốt 100% | sound | 10 | 16
Phẩm chất / Kém phẩm chất | poor | 11 | 16
Phẩm chất / Mất phẩm chất | lost | 12 | 16"""
MAKER, KEEPER, ACCOUNTANT = "Người lập phiếu | maker", "Thủ kho", "Kế toán trưởng"
COMMANDER = "Thủ trưởng đơn vị | approver"
ISSUE = voucher("Số lượng / Yêu cầu", "Số lượng / Thực xuất")
# form: title, columns, places to sign, number in HCSN, number in DN-99
FORMS = {
    "receipt_voucher": ("Phiếu nhập kho", voucher("Số lượng / Theo chứng từ", "Số lượng / Thực nhập"),
                        [MAKER, "Người giao hàng", KEEPER, ACCOUNTANT], "C30-HD", "01-VT"),
    "issue_voucher": ("Phiếu xuất kho", ISSUE, [MAKER, "Người nhận hàng", KEEPER, ACCOUNTANT, COMMANDER],
                      "C31-HD", "02-VT"),
    "transfer_voucher": ("Phiếu xuất kho kiêm vận chuyển nội bộ",
                         voucher("Số lượng / Thực xuất", "Số lượng / Thực nhập"),
                         [MAKER, "Thủ kho xuất", "Người vận chuyển", "Thủ kho nhập"], "", ""),
    "inner_voucher": ("", voucher("Số lượng / Nhập", "Số lượng / Xuất"), [MAKER, KEEPER, ACCOUNTANT, COMMANDER],
                      "", ""),
    "stock_card": ("Thẻ kho", CARD, [KEEPER, ACCOUNTANT, "Thủ trưởng đơn vị"], "", "S12-DN"),
    "inspection_report": ("Biên bản kiểm nghiệm", INSPECTION,
                          ["Đại diện kỹ thuật", KEEPER, "Trưởng ban"], "", "03-VT"),
    "stocktake_report": ("Biên bản kiểm kê", STOCKTAKE,
                         ["Thủ trưởng đơn vị", ACCOUNTANT, KEEPER, "Trưởng ban kiểm kê"], "C33-HD", "05-VT"),
}  # fmt: skip


def keep(apps, name, values):
    model, past = (apps.get_model("printing", each) for each in (name, f"Historical{name}"))
    made = model.objects.create(**values)
    past.objects.create(
        id=made.pk, **values, history_date=timezone.now(), history_type="+", source="command",
        history_change_reason="Forms of both regimes",
    )  # fmt: skip


def fill(apps, schema_editor):
    for form, (title, columns, signers, hcsn, dn) in FORMS.items():
        same = {"form": form, "title": title, "columns": columns, "signers": "\n".join(signers)}
        # The rule behind the HCSN numbers is not verified, so no legal heading is claimed for them.
        keep(apps, "FormTemplate", same | {"regime": "HCSN", "number": hcsn})
        if not dn:
            keep(apps, "FormTemplate", same | {"regime": "DN-99"})
            continue
        numbered = same | {"regime": "DN-99", "number": dn}
        older = {"legal_heading": CIRCULAR_200, "valid_from": date(2015, 1, 1), "valid_to": date(2025, 12, 31)}
        keep(apps, "FormTemplate", numbered | older)
        keep(apps, "FormTemplate", numbered | {"legal_heading": CIRCULAR_99, "valid_from": date(2026, 1, 1)})
    keep(apps, "RegimeChoice", {"regime": "DN-99"})


class Migration(migrations.Migration):
    dependencies = [("printing", "0001_initial"), ("ledger", "0002_seat_belts")]
    operations = [
        migrations.RunSQL(
            "SELECT make_append_only('printing_historicalformtemplate');"
            "SELECT make_append_only('printing_historicalregimechoice');",
            "DROP TRIGGER append_only ON printing_historicalformtemplate;"
            "DROP TRIGGER append_only ON printing_historicalregimechoice;",
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
