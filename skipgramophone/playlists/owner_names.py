"""Usual names of columns for owners, such as listeners and customers, and for the ids of their orders and visits."""

from __future__ import annotations

# Groups of names, the most specific group first; see `column_names.NAMES`.
OWNERS = (
    "userid ownerid customerid visitorid listenerid reviewerid accountid memberid playlistownerid",
    "user username owner ownername customer visitor listener member playlistowner playlistcreator playlistcurator "
    "benutzer benutzername nutzer nutzername hörer hörerin utilisateur auditeur usuario oyente utente",
    "clientid clientno clientnumber customerno customernumber customernr custid buyer buyerid shopper shopperid "
    "patientid studentid householdid household householdkey cookieid readerid reader subscriberid userpseudoid "
    "fullvisitorid "
    "kunde kundin kundenid kundennr kundennummer idclient numéroclient nclient idcliente cliente clienteid",
)
# Names that are used only if the table has columns of playlists and artists, but neither ids of playlists nor a column
# with one of the names above. In other tables, a creator may be the artist, and a DJ may be the host of a show.
OWNERS_NEXT_TO_PLAYLISTS = (
    "creator creatorname createdby curator curatorname curatedby dj djname madeby ersteller erstelltvon kurator "
    "kuratorin creepar createur creadopor creador criadopor criador creatoda creatore"
)
# Names of columns with ids of orders, receipts and visits. Such a column is used only if at least one of its values
# occurs in several rows.
ORDERS = (
    "idvisit gasessionid incrementid purchaseid saleid saleno salesorderid salesordernumber checkoutid txnid "
    "billid billno billnumber ticketid ticketno ticketnumber receiptno receiptnumber "
    "bestellnr auftragsnr auftragsnummer auftragsid rechnungsnr rechnungsnummer rechnungsid belegnr belegnummer bonnr "
    "bonnummer kassenbonnr bestelnummer factuurnummer nfacture nofacture numérofacture numérodefacture ncommande "
    "nocommande numérocommande numéroticket npedido nopedido numeropedido nfactura numerofactura numerodefactura "
    "nordine numeroordine nfattura numerofattura"
)
