"""Recognize columns of customers by their names.

Customers own orders. They are certainly not the artists of what they buy.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from skipgramophone.playlists.column_names import normalized

CUSTOMER = (
    "clients?|clientes?|customers?|kunden?|kundin|klanten|klant|klient|kund|acheteur|acheteuse|buyer|purchaser|shopper"
    "|comprador|compradora|acquirente|kaufer|kauferin|besteller|zakaznik|kjoper|kober|asiakas|musteri"
)
BEFORE = "(name|nom|nombre|nome|naam|nazwa|imie)?(of|du|del|do|de|van)?(the|la|le|el)?"
AFTER = "(full|first|last|user)?(name|nom|naam|namn|navn|id|no|nr|num|number|nummer|code|e?mail|emailaddress)?"
CUSTOMERS = re.compile(f"{BEFORE}({CUSTOMER}){AFTER}")
EMAIL = re.compile(r"(e?mail|emailadd?ress[ei]?|adressee?mail|correoelectronico)")


def names_customer(name: str) -> bool:
    """Whether a column contains customers or their addresses for email according to its name.

    >>> names_customer("Nom du client"), names_customer("Customer Email"), names_customer("Client country")
    (True, True, False)
    """
    word = normalized(name)
    return CUSTOMERS.fullmatch(word) is not None or EMAIL.fullmatch(word) is not None


def customer_column(header: Sequence[str]) -> str | None:
    """Return the first column that contains customers according to its name, or None.

    >>> customer_column(["N° commande", "Client", "Produit"])
    'Client'
    """
    return next((name for name in header if names_customer(name)), None)
