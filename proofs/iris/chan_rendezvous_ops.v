(* SPDX-License-Identifier: BSL-1.0 *)
(** A channel without a buffer: each operation is one step of a FIFO in which nothing ever stays, for any number of threads.

    A push that is successful and the pop that gets its element happen in one and the same step: `exchange`, under the lock, with who is in
    line or has made an offer; or the same without it, `meet`, in the claim of who sits. What the one puts in the other takes out, and outside of such a step nothing is inside
    (`nothing_inside`). So each successful push has its own pop, which gets exactly its element, while both are under way, and no pop gets
    anything else. "closed" is answered once the channel is closed, to those in line, and to who sits, by the close itself; then, and
    where a wait quits, nothing was handed over, and the element is still the pusher's. close says whether it was the first. *)
From iris.base_logic.lib Require Import invariants cancelable_invariants mono_nat ghost_var ghost_map.
From iris.program_logic Require Import atomic.
From iris.heap_lang Require Import proofmode notation.
From sluice Require waiter_owner select_lines.
From iris.heap_lang.lib Require Import nondet_bool.
From sluice Require Import chan chan_wait chan_seat chan_rendezvous chan_rendezvous_seat chan_rendezvous_offer chan_rendezvous_locked.

Section operations.
  Context `{!heapGS Σ, !chanG Σ} (N : namespace) (idle lap : Z).
  Implicit Types (c : channel) (a w e : loc) (xs vs : list val) (m o side ok waits : bool) (P : party) (L : list (loc * party)).
  Notation E := (⊤ ∖ ↑N).
  Notation content c := (content (c_ring c)).
  Notation parties := (parties N 0). Notation rings := (rings N 0). Notation to_ring := (to_ring N 0).
  Notation wants := (wants N 0). Notation waiting := (waiting N 0).
  Notation push_update := (push_update N 0). Notation pop_update := (pop_update N).
  Notation is_words := (is_words N idle lap). Notation words := (words idle lap). Notation marks := (marks idle lap).
  Notation state := (state N idle lap). Notation chan_inv := (chan_inv N idle lap). Notation is_chan := (is_chan N idle lap).
  Notation chan_value := (chan_value lap). Notation words_value := (words_value lap).

  (** ** Without the lock: the ring is barred, and "nobody" is so at the load *)
  Lemma ring_push_spec c (v : val) : {{{ is_words c }}} chan_ring.push (words_value (c_ring c)) v {{{ RET #(code barred); True }}}.
  Proof.
    iIntros (Φ) "[(_ & #Hp & _ & %Hi & _) _] HΦ". wp_lam. wp_pures. wp_load. wp_lam. wp_pures. wp_lam. wp_pures. rewrite Hi. wp_pures.
    by iApply "HΦ".
  Qed.
  Lemma ring_pop_spec c : {{{ is_words c }}} chan_ring.pop (words_value (c_ring c)) {{{ RET (#(code barred), #()); True }}}.
  Proof.
    iIntros (Φ) "[(_ & _ & #Hp & %Hi & _) _] HΦ". wp_lam. wp_pures. wp_load. wp_lam. wp_pures. wp_lam. wp_pures. rewrite Hi. wp_pures.
    by iApply "HΦ".
  Qed.
  Lemma no_receivers_spec c (v : val) Φ :
    {{{ is_words c ∗ push_update c false v Φ }}} no_receivers (words_value (c_ring c))
    {{{ (b : bool), RET #b; if b then Φ #(code none) else push_update c false v Φ }}}.
  Proof.
    iIntros (Ψ) "[#Hw AU] HΨ". iPoseProof "Hw" as "[(_ & _ & _ & _ & %Hl) I]". wp_lam. wp_pures. wp_bind (! _)%E.
    iInv "I" as (s r m) "(>[Ht Hh] & >Ho & >Hc & >%Hm & Hx)". wp_load. destruct r.
    - iModIntro. iSplitL "Ht Hh Ho Hc Hx"; first (iNext; iExists s, true, m; by iFrame). wp_pures.
      wp_apply (shown_spec with "Hw"). iIntros "_". wp_pures. rewrite shown_is //. by iApply "HΨ".
    - destruct m; first by destruct (Hm eq_refl).
      iAssert (|={⊤ ∖ ↑N .@ "words"}=> content c [] false ∗ Φ #(code none))%I with "[Hc AU]" as ">[Hc HΦ]".
      { iApply (fupd_mask_mono E); first apply mask_words. by iApply (push_commit _ _ _ _ _ _ none with "AU Hc"). }
      iModIntro. iSplitL "Ht Hh Ho Hc Hx"; first (iNext; iExists s, false, false; by iFrame). wp_pures.
      wp_apply (shown_spec with "Hw"). iIntros "_". wp_pures. rewrite shown_is //. by iApply "HΨ".
  Qed.
  Lemma no_senders_spec c Φ :
    {{{ is_words c ∗ pop_update c false Φ }}} no_senders (words_value (c_ring c))
    {{{ (b : bool), RET #b; if b then Φ (#(code none), #())%V else pop_update c false Φ }}}.
  Proof.
    iIntros (Ψ) "[#Hw AU] HΨ". iPoseProof "Hw" as "[(_ & _ & _ & _ & %Hl) I]". wp_lam. wp_pures. wp_bind (! _)%E.
    iInv "I" as (s r m) "(>[Ht Hh] & >Ho & >Hc & >%Hm & Hx)". wp_load. destruct s.
    - iModIntro. iSplitL "Ht Hh Ho Hc Hx"; first (iNext; iExists true, r, m; by iFrame). wp_pures.
      wp_apply (shown_spec with "Hw"). iIntros "_". wp_pures. rewrite shown_is //. by iApply "HΨ".
    - destruct m; first by destruct (Hm eq_refl).
      iAssert (|={⊤ ∖ ↑N .@ "words"}=> content c [] false ∗ Φ (#(code none), #())%V)%I with "[Hc AU]" as ">[Hc HΦ]".
      { iApply (fupd_mask_mono E); first apply mask_words. by iApply (pop_refuse _ _ _ _ none with "AU Hc"). }
      iModIntro. iSplitL "Ht Hh Ho Hc Hx"; first (iNext; iExists false, r, false; by iFrame). wp_pures.
      wp_apply (shown_spec with "Hw"). iIntros "_". wp_pures. rewrite shown_is //. by iApply "HΨ".
  Qed.

  (** ** To who sits, without the lock; and under it, until it is decided *)
  Lemma push_to_seat_spec c waits (v : val) Φ :
    {{{ is_words c ∗ push_update c waits v Φ }}} push_to_seat (chan_value c) v
    {{{ (b : bool), RET #b; if b then Φ #(code moved) else push_update c waits v Φ }}}.
  Proof.
    iIntros (Ψ) "[#Hw AU] HΨ". wp_lam. wp_pures.
    wp_apply (claim_seat_spec N idle lap c false 1 (push_update c waits v Φ) (λ Ψ, Φ #(code moved) ∗ Ψ (#(code moved), v)%V)%I
      with "[$Hw $AU]").
    { iIntros (Ψ') "AU AU' Hc". iApply (meet with "AU AU' Hc"). }
    { done. }
    iIntros ([]) "[_ H]"; wp_pures; last by iApply "HΨ".
    iDestruct "H" as (Ψ') "(Hcl & HΦ & HΨ')". wp_apply (serve_spec with "[$Hw $Hcl $HΨ']"). iIntros "_". wp_pures. by iApply "HΨ".
  Qed.
  Lemma decide_push_spec c waits (v otherwise : val) Φ (A Q : iProp Σ) :
    {{{ is_words c ∗ tried_push N idle lap c waits v Φ none ∗ A }}} otherwise #() {{{ RET #true; chan_inv c ∗ Q }}} →
    {{{ is_chan c ∗ push_update c waits v Φ ∗ A }}} decide_push (chan_value c) v otherwise
    {{{ x, RET #(code x); if decide (x = none) then Q else Φ #(code x) ∗ A }}}.
  Proof.
    iIntros (Hother Ψ) "(#[Hl Hw] & AU & HA) HΨ". wp_rec. wp_pures. wp_apply (lock_spec with "Hl"). iIntros "[Hlk Hi]". wp_pures.
    wp_apply (push_or_claim_spec with "[$Hw $Hi $AU]"). iIntros (x q) "[Hq H]". wp_pures. wp_bind (If _ _ _).
    iApply (wp_wand _ _ _ (λ d, ⌜d = #true⌝ ∗ chan_inv c ∗ if decide (x = none) then Q else Φ #(code x) ∗ A)%I with "[H HA]").
    { destruct (decide (x = none)) as [->|Hx].
      - compare. wp_apply (Hother with "[$Hw $H $HA]"). by iIntros "$".
      - rewrite bool_decide_eq_false_2; last by destruct x. wp_pures. iModIntro. iFrame "HA". iSplit; first done. by destruct x. }
    iIntros (d) "(-> & Hi & H)". wp_pures. wp_apply (unlock_spec with "[$Hl $Hlk $Hi]"). iIntros "_". wp_pures.
    wp_bind (heap_lang.Case _ _ _). iApply (wp_wand _ _ _ (λ _, True)%I with "[Hq]").
    { destruct q as [[a|]|]; wp_pures; last done.
      - wp_apply (hand_over_spec with "Hq"). iIntros "Hq". wp_pures. by wp_apply (ring_spec with "Hq").
      - iDestruct "Hq" as (Ψ') "[Hcl HΨ']". by wp_apply (serve_spec with "[$Hw $Hcl $HΨ']"). }
    iIntros (?) "_". wp_pures. by iApply "HΨ".
  Qed.

  (** ** The try forms *)
  Theorem try_push_spec c (v : val) :
    is_chan c -∗
    <<< ∀∀ vs m, content c vs m >>> try_push (chan_value c) v @ ↑N
    <<< ∃∃ x, content c (pushed x v vs) m ∗ ⌜push_answer 0 false vs m x⌝, RET #(code x) >>>.
  Proof.
    iIntros "#[Hl Hw]" (Φ) "AU". wp_lam. wp_pures. wp_apply (ring_push_spec with "Hw"). iIntros "_". wp_pures. compare.
    wp_apply (no_receivers_spec with "[$Hw $AU]"). iIntros ([]) "H"; wp_pures; first done.
    wp_apply (push_to_seat_spec with "[$Hw $H]"). iIntros ([]) "H"; wp_pures; first done.
    wp_apply (decide_push_spec c false v _ Φ True%I (Φ #(code none)) with "[$Hl $Hw $H]").
    - iIntros (Ψ) "(#Hw & [[Hk Hi] HΦ] & _) HΨ". iDestruct "Hi" as (o Ls) "(Ho & Hof & Hws & HLs & HLr & %HP)".
      iDestruct "Hws" as (s r) "[Hws [%Hs %Hr]]".
      wp_pures. wp_apply (receivers_shown_spec with "[$Hw $Ho $Hws $Hk]"); first by right. iIntros "(Ho & Hws & Hk)". wp_pures.
      iApply "HΨ". iFrame "HΦ". iModIntro.
      iApply (chan_inv_intro N idle lap c 1 o false Ls [] with "Hk Ho Hof Hws HLs HLr"); [done|by right|done|by split].
    - iIntros (x) "H". case_decide as Hx; [by subst x|by iDestruct "H" as "[$ _]"].
  Qed.
  Theorem try_pop_spec c :
    is_chan c -∗
    <<< ∀∀ vs m, content c vs m >>> try_pop (chan_value c) @ ↑N
    <<< ∃∃ x, pop_answer c false vs m x, RET popped_value x >>>.
  Proof.
    iIntros "#[Hl Hw]" (Φ) "AU". wp_lam. wp_pures. wp_apply (ring_pop_spec with "Hw"). iIntros "_". wp_pures. compare.
    wp_bind (If _ _ #false). iApply (wp_wand _ _ _ (λ d, ∃ b : bool, ⌜d = #b⌝ ∗
      if b then Φ (#(code none), #())%V else pop_update c false Φ)%I with "[AU]").
    { wp_apply (offers_spec with "Hw"). iIntros ([]) "_"; wp_pures; first (iExists false; by iFrame).
      wp_apply (no_senders_spec with "[$Hw $AU]"). iIntros (b) "H". iExists b. by iFrame. }
    iIntros (?) "H". iDestruct "H" as (b ->) "H". destruct b; wp_pures; first done.
    wp_apply (until_decided_spec N 0 c _ _ _ _ (chan_inv c) (is_words c) (pop_update c false Φ) (to_ring c)
      (λ u, ⌜u = #()⌝ ∗ ((∃ k, knows c k) ∗ ∃ Lr, state c false false [] Lr) ∗ Φ (#(code none), #())%V)%I (λ x u, Φ (#(code x), u)%V) with "[$Hl $Hw $H]").
    - iIntros (Ψ) "(#Hw & Hi & AU) HΨ". wp_pures. wp_apply (pop_locked_spec with "[$Hw $Hi $AU]"). iIntros (x u s) "[Hs H]".
      iApply "HΨ". iFrame "Hs". by destruct x.
    - iIntros (a Ψ) "H HΨ". wp_pures. by iApply "HΨ".
    - iIntros (u Ψ) "(#Hw & -> & [Hk Hi] & HΦ) HΨ". iDestruct "Hk" as (k) "Hk".
      iDestruct "Hi" as (Lr) "(Ho & Hof & Hws & HLs & HLr & %HP)". iDestruct "Hws" as (s r) "[Hws [%Hs %Hr]]".
      wp_pures. wp_apply (senders_shown_spec with "[$Hw $Ho $Hws]"). iIntros "[Ho Hws]". wp_pures. iApply "HΨ". iFrame "HΦ". iModIntro.
      iApply (chan_inv_intro N idle lap c k false false [] Lr with "Hk Ho Hof Hws HLs HLr"); [done|by left|done|by split].
    - iIntros (x u) "[_ H]". done.
  Qed.

  (** ** The forms that wait *)
  Lemma push_waiting_spec c (v : val) Φ : is_chan c -∗ push_update c true v Φ -∗ WP push_waiting (chan_value c) v {{ Φ }}.
  Proof.
    iIntros "#Hc AU". iPoseProof "Hc" as "[Hl Hw]". wp_lam. wp_pures. wp_bind (If (push_to_seat _ _) _ _).
    iApply (wp_wand _ _ _ (λ d, ∃ b : bool, ⌜d = #b⌝ ∗ if b then Φ #(code moved) else push_update c true v Φ)%I with "[AU]").
    { wp_apply (push_to_seat_spec with "[$Hw $AU]"). iIntros ([]) "H"; wp_pures; first (iExists true; by iFrame).
      wp_lam. wp_pures. wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures; first (iExists false; by iFrame).
      wp_apply (push_to_seat_spec with "[$Hw $H]"). iIntros (b) "H". iExists b. by iFrame. }
    iIntros (?) "H". iDestruct "H" as (b ->) "H". destruct b; wp_pures; first done. iRename "H" into "AU".
    wp_apply waiter_owner.new_waiter_spec; first done. iIntros (w) "[Hz Hb]". wp_pures.
    wp_alloc e as "Hv". wp_pures. wp_apply (select_lines.new_node_spec w 0 e); first done. iIntros (a) "(Hf & Hs & Ha)". wp_pures.
    wp_alloc d as "Hd". wp_pures.
    wp_apply (decide_push_spec c true v _ Φ (d ↦ #false ∗ e ↦ v ∗ node w e a)%I
      ((d ↦ #false ∗ ∃ P, ⌜p_waiter P = w ∧ p_element P = e⌝ ∗ waiting c true a P Φ) ∨
       (d ↦ #true ∗ e ↦ v ∗ node w e a ∗ sits c (told Φ)))%I with "[$Hc $Hd $Hv $Hf $Ha $Hs $Hb $AU]").
    { iIntros (Ψ) "(#Hw & [[Hk Hi] AU] & Hd & Hv & Hn) HΨ". iDestruct "Hi" as (o Ls) "Hi". wp_pures.
      wp_apply (offer_spec with "[$Hw $Hk $Hi $AU]"). iIntros ([]) "[Hi H]"; wp_pures.
      - wp_store. iModIntro. iApply "HΨ". iFrame "Hi". iRight. iFrame.
      - wp_apply (line_up_sender_spec with "[$Hw $Hi $Hn $Hv $H]"). iIntros "[Hi H]". iApply "HΨ". iFrame "Hi". iLeft. iFrame. }
    iIntros (x) "H". wp_pures. destruct (decide (x = none)) as [->|Hne].
    - iDestruct "H" as "[[Hd H]|(Hd & Hv & Hn & Hsit)]"; wp_load; wp_pures; last first.
      { wp_bind (wait_on_offer _). iApply (wp_wand with "[Hsit]"); first by iApply (wait_on_offer_spec with "Hc Hsit").
        iIntros (u) "HΦ". wp_pures. wp_free. wp_pures.
        iDestruct (node_frame with "Hn") as "Hfr". iApply (end_frame with "Hfr Hz Hv HΦ"). }
      compare. iDestruct "H" as (P [HPw HPe]) "Hwt". rewrite -HPw.
      wp_apply (wait_in_line_spec N 0 c _ (λ: <>, leave_senders (chan_value c) #a)%V (chan_inv c) (is_words c) true a P Φ with "[$Hl $Hw $Hwt]").
      { iIntros (Ψ) "(#Hw & Hi & Hwt) HΨ". wp_pures. wp_apply (leave_senders_spec with "[$Hw $Hi $Hwt]"). iIntros (b) "H". by iApply "HΨ". }
      iIntros (x) "[Hfr H]". wp_pures. rewrite HPe. case_decide as Hq.
      + subst x. iDestruct "H" as (v') "[Hv AU]". iMod (push_quit with "AU") as "HΦ". wp_free. wp_pures.
        iApply (end_frame with "Hfr Hz Hv HΦ").
      + iDestruct "H" as (ok ->) "H". iDestruct "H" as (v') "[Hv HΦ]". wp_free. wp_pures. by iApply (end_frame with "Hfr Hz Hv").
    - iDestruct "H" as "(HΦ & Hd & Hv & Hn)". wp_load. wp_pures. rewrite bool_decide_eq_false_2; last by destruct x. wp_pures.
      wp_free. wp_pures. iDestruct (node_frame with "Hn") as "Hfr". iApply (end_frame with "Hfr Hz Hv HΦ").
  Qed.
  Lemma wait_at_seat_spec c Φ : is_words c -∗ sits c Φ -∗ WP wait_at_seat (chan_value c) {{ Φ }}.
  Proof.
    iIntros "#Hw Hs". wp_lam. wp_pures. wp_bind (If _ _ _).
    iApply (wp_wand _ _ _ (λ d, ∃ left : bool, ⌜d = #left⌝ ∗ if left then Φ (#(code quit), #())%V else known c Φ)%I with "[Hs]").
    { wp_apply (wait_at_spec with "[$Hw $Hs]"). iIntros ([]) "H"; wp_pures; first (iExists false; by iFrame).
      wp_apply (leave_seat_spec with "[$Hw $H]"). iIntros ([]) "H"; wp_pures; first (iExists true; by iFrame).
      wp_apply (wait_at_for_ever_spec with "[$Hw $H]"). iIntros "H". wp_pures. iExists false. by iFrame. }
    iIntros (d) "H". iDestruct "H" as (left ->) "H". destruct left; wp_pures; first done.
    wp_apply (was_served_spec with "H"). iIntros (ok) "[Hwd H]". iDestruct "H" as (u) "[Hv HΦ]". wp_pures. wp_bind (If _ _ _).
    iApply (wp_wand _ _ _ (λ d, (seat_at c +ₗ 1) ↦ u ∗ ⌜d = if ok then u else #()⌝)%I with "[Hv]").
    { destruct ok; wp_pures; [wp_lam; wp_load|]; by iFrame. }
    iIntros (d) "[Hv ->]". wp_pures. wp_apply (vacate_spec with "[$Hw $Hwd $Hv]"). iIntros "_". wp_pures. by destruct ok; wp_pures.
  Qed.
  Lemma pop_waiting_spec c Φ : is_chan c -∗ pop_update c true Φ -∗ WP pop_waiting (chan_value c) {{ Φ }}.
  Proof.
    iIntros "#Hc AU". iPoseProof "Hc" as "[Hl Hw]".
    wp_lam. wp_pures. wp_apply waiter_owner.new_waiter_spec; first done. iIntros (w) "[Hz Hb]". wp_pures.
    wp_alloc e as "Hv". wp_pures. wp_apply (select_lines.new_node_spec w 0 e); first done. iIntros (a) "(Hf & Hs & Ha)". wp_pures.
    wp_alloc d as "Hd". wp_pures.
    wp_apply (until_decided_spec N 0 c _ _ _ _ (chan_inv c) (is_words c) (d ↦ #false ∗ e ↦ #() ∗ node w e a ∗ pop_update c true Φ)%I (to_ring c)
      (λ _, ((∃ k, knows c k) ∗ ∃ Lr, state c false false [] Lr) ∗ d ↦ #false ∗ e ↦ #() ∗ node w e a ∗ pop_update c true Φ)%I
      (λ x u, if decide (x = none) then
                (d ↦ #false ∗ ∃ P, ⌜p_waiter P = w ∧ p_element P = e⌝ ∗ waiting c false a P Φ) ∨
                (d ↦ #true ∗ e ↦ #() ∗ node w e a ∗ sits c Φ)
              else d ↦ #false ∗ e ↦ #() ∗ node w e a ∗ Φ (#(code x), u)%V)%I with "[$Hl $Hw $Hd $Hv $Hf $Ha $Hs $Hb $AU]").
    { iIntros (Ψ) "(#Hw & Hi & Hd & Hv & Hn & AU) HΨ". wp_pures. wp_apply (pop_locked_spec with "[$Hw $Hi $AU]"). iIntros (x u s) "[Hs H]".
      iApply "HΨ". iFrame "Hs". destruct x; try done; try (iDestruct "H" as "[$ $]"; by iFrame). iDestruct "H" as "(_ & $ & $)". iFrame. }
    { iIntros (a' Ψ) "H HΨ". wp_pures. by iApply "HΨ". }
    { iIntros (x Ψ) "(#Hw & [Hk Hi] & Hd & Hv & Hn & AU) HΨ". iDestruct "Hi" as (Lr) "Hi". wp_pures.
      wp_apply (sit_down_spec with "[$Hw $Hk $Hi $AU]"). iIntros ([]) "[Hi H]"; wp_pures.
      - wp_store. iModIntro. iApply "HΨ". iFrame "Hi". iRight. iFrame.
      - wp_apply (line_up_receiver_spec with "[$Hw $Hi $Hn $Hv $H]"). iIntros "[Hi H]". iApply "HΨ". iFrame "Hi". iLeft. iFrame. }
    iIntros (x u) "[%Hx H]". wp_pures. destruct (decide (x = none)) as [->|Hne].
    - compare. iDestruct "H" as "[[Hd H]|(Hd & Hv & Hn & Hsit)]"; wp_load; wp_pures; last first.
      { wp_bind (wait_at_seat _). iApply (wp_wand with "[Hsit]"); first by iApply (wait_at_seat_spec with "Hw Hsit").
        iIntros (u') "HΦ". wp_pures. wp_free. wp_pures.
        iDestruct (node_frame with "Hn") as "Hfr". iApply (end_frame with "Hfr Hz Hv HΦ"). }
      iDestruct "H" as (P [HPw HPe]) "Hwt". rewrite -HPw.
      wp_apply (wait_in_line_spec N 0 c _ (λ: <>, leave_receivers (chan_value c) #a)%V (chan_inv c) (is_words c) false a P Φ with "[$Hl $Hw $Hwt]").
      { iIntros (Ψ) "(#Hw & Hi & Hwt) HΨ". wp_pures. wp_apply (leave_receivers_spec with "[$Hw $Hi $Hwt]"). iIntros (b) "H". by iApply "HΨ". }
      iIntros (x) "[Hfr H]". wp_pures. rewrite HPe. case_decide as Hq.
      + subst x. iDestruct "H" as (v') "[Hv AU]". iMod (pop_quit with "AU") as "HΦ". compare. wp_free. wp_pures.
        iApply (end_frame with "Hfr Hz Hv HΦ").
      + iDestruct "H" as (ok ->) "H". iDestruct "H" as (v') "[Hv HΦ]". destruct ok.
        * compare. wp_lam. wp_load. wp_pures. wp_free. wp_pures. by iApply (end_frame with "Hfr Hz Hv").
        * compare. wp_free. wp_pures. by iApply (end_frame with "Hfr Hz Hv").
    - iDestruct "H" as "(Hd & Hv & Hn & HΦ)". rewrite bool_decide_eq_false_2; last by destruct x. wp_pures. wp_free. wp_pures.
      iDestruct (node_frame with "Hn") as "Hfr". iApply (end_frame with "Hfr Hz Hv HΦ").
  Qed.

  Theorem push_spec c (v : val) :
    is_chan c -∗
    <<< ∀∀ vs m, content c vs m >>> push_wait (chan_value c) v @ ↑N
    <<< ∃∃ x, content c (pushed x v vs) m ∗ ⌜push_answer 0 true vs m x⌝, RET #(code x) >>>.
  Proof.
    iIntros "#Hc" (Φ) "AU". iPoseProof "Hc" as "[_ Hw]". wp_lam. wp_pures. wp_apply (ring_push_spec with "Hw"). iIntros "_". wp_pures. compare.
    by iApply (push_waiting_spec with "Hc AU").
  Qed.
  Theorem pop_spec c :
    is_chan c -∗
    <<< ∀∀ vs m, content c vs m >>> pop_wait (chan_value c) @ ↑N
    <<< ∃∃ x, pop_answer c true vs m x, RET popped_value x >>>.
  Proof.
    iIntros "#Hc" (Φ) "AU". iPoseProof "Hc" as "[_ Hw]". wp_lam. wp_pures. wp_apply (ring_pop_spec with "Hw"). iIntros "_". wp_pures. compare.
    by iApply (pop_waiting_spec with "Hc AU").
  Qed.

  (** ** close *)
  Lemma take_all_spec c side L :
    {{{ is_words c ∗ parties c side L ∗ open c true }}} take_all #(c_line c side)
    {{{ l, RET (waiters_value l); parties c side [] ∗ open c true ∗ [∗ list] a ∈ l, to_ring c a }}}.
  Proof.
    iIntros (Φ) "(#Hw & HL & Ho) HΦ". iInduction L as [|y L] "IH" forall (Φ); wp_rec; wp_apply (take_spec with "HL");
      iIntros ([a|]) "H".
    - iDestruct "H" as (P L' Φ' ?) "_". done.
    - iDestruct "H" as "[_ HL]". wp_pures. iApply ("HΦ" $! []). iModIntro. by iFrame.
    - iDestruct "H" as (P L' Φ' Heq) "(HL & Hcl & Hsv & Hwt)". injection Heq as -> <-. wp_pures.
      iDestruct "Hwt" as (v) "[Hv AU]". iMod (refuse N idle lap c side v Φ' with "Hw Ho AU") as "[Ho HΦ']".
      wp_apply ("IH" with "HL Ho"). iIntros (l) "(HL & Ho & Hl)". wp_pures. iApply ("HΦ" $! (a :: l)). iModIntro. iFrame.
      iExists side, P, Φ', false. iFrame. iExists v. iFrame "Hv".
    - iDestruct "H" as "[% _]". done.
  Qed.
  Theorem close_spec c :
    is_chan c -∗
    <<< ∀∀ vs m, content c vs m >>> close (chan_value c) @ ↑N <<< content c vs true, RET #(negb m) >>>.
  Proof.
    iIntros "#[Hl Hw]" (Φ) "AU". wp_lam. wp_pures. wp_apply (lock_spec with "Hl"). iIntros "[Hlk [Hk Hi]]". wp_pures.
    iDestruct "Hk" as (k) "Hk". iDestruct "Hi" as (o m Ls Lr) "(Ho & Hof & Hws & HLs & HLr & %HP)". wp_apply (is_closed_spec with "Ho"). iIntros "Ho". destruct m; wp_pures.
    { iMod (locked_step N idle lap c true (Φ #false) with "Hw Ho [AU]") as "[Ho HΦ]".
      { iIntros "Hc". iMod "AU" as (vs' m') "[Hc' [_ Hclose]]". iDestruct (ghost_var_agree with "Hc Hc'") as %[= <- <-].
        iFrame "Hc". by iMod ("Hclose" with "Hc'") as "$". }
      wp_apply (unlock_spec with "[$Hl $Hlk Hk Ho Hof Hws HLs HLr]").
      { iSplitL "Hk"; first by iExists k. iExists o, true, Ls, Lr. by iFrame. }
      iIntros "_". by wp_pures. }
    iDestruct "Hws" as (s0 r0) "[Hws _]". wp_apply (senders_shown_spec with "[$Hw $Ho $Hws]"). iIntros "[Ho Hws]". wp_pures.
    wp_apply (receivers_shown_spec with "[$Hw $Ho $Hws $Hk]"); first by left. iIntros "(Ho & (Hws & Hsf & Hrf) & Hk)". wp_pures.
    wp_apply (claim_seat_spec N idle lap c true k True%I (λ Ψ, pop_update c true Ψ) with "[$Hw $Hk]").
    { iIntros (Ψ) "_ $ $". done. }
    iIntros (sat) "[Hk Hsat]". wp_pures. wp_lam. wp_pures. wp_load. wp_pures.
    wp_bind (_ <- _)%E. iPoseProof "Hw" as "[_ I]". iInv "I" as (s r m) "(>[Ht Hh] & >Ho' & >Hc & >%Hm & Hx)".
    iDestruct (open_agree with "Ho Ho'") as %<-. iCombine "Ho Ho'" as "Ho". wp_store. iDestruct "Ho" as "[Ho Ho']".
    iDestruct "Hws" as "[Ht' Hh']". iDestruct (mapsto_agree with "Ht Ht'") as %Hs. iDestruct (mapsto_agree with "Hh Hh'") as %Hr.
    iAssert (|={⊤ ∖ ↑N .@ "words"}=> content c [] true ∗ Φ #true)%I with "[Hc AU]" as ">[Hc HΦ]".
    { iApply (fupd_mask_mono E); first apply mask_words. iMod "AU" as (vs' m') "[Hc' [_ Hclose]]".
      iDestruct (ghost_var_agree with "Hc Hc'") as %[= <- <-].
      iMod (ghost_var_update_halves ([] : list val, true) with "Hc Hc'") as "[$ Hc']". by iMod ("Hclose" with "Hc'") as "$". }
    rewrite Hs Hr. iDestruct (seat_closes N c r true false true with "Hk Hx") as "[Hk Hx]".
    iModIntro. iSplitL "Ht Hh Ho' Hc Hx"; first (iNext; iExists true, true, true; by iFrame).
    wp_pures. wp_bind (If _ (refuse_seat _) _). iApply (wp_wand _ _ _ (λ _, open c true ∗ offer_inv N c false)%I with "[Ho Hof Hsat]").
    { destruct sat; wp_pures.
      - iDestruct "Hsat" as (Ψ) "[Hcl AU]".
        iAssert ⌜o = false⌝%I as %->.
        { destruct o; last done. iDestruct "Hcl" as "[_ Hcl]". iDestruct "Hcl" as (v1) "Hv1". iDestruct "Hof" as "[_ H]".
          iDestruct "H" as (v2 Ψ2) "(_ & Hv2 & _)". by iDestruct (mapsto_valid_2 with "Hv1 Hv2") as %[? _]. }
        iMod (refuse N idle lap c false #() Ψ with "Hw Ho AU") as "[Ho HΨ]".
        wp_apply (refuse_seat_spec with "[$Hw $Hcl $HΨ]"). iIntros "_". iFrame.
      - wp_apply (has_offer_spec with "[$Hw $Hof]"). iIntros "Hof". destruct o; wp_pures; last by iFrame.
        wp_apply (refuse_offer_spec with "[$Hw $Ho $Hof]"). by iIntros "$". }
    iIntros (?) "[Ho Hof]". wp_pures. wp_apply (take_all_spec c false with "[$Hw $HLr $Ho]"). iIntros (lr) "(HLr & Ho & Hlr)". wp_pures.
    wp_apply (take_all_spec c true with "[$Hw $HLs $Ho]"). iIntros (ls) "(HLs & Ho & Hls)". wp_pures.
    wp_apply (unlock_spec with "[$Hl $Hlk Hk Ho Hof Ht' Hh' Hsf Hrf HLs HLr]").
    { iApply (chan_inv_intro N idle lap c 1 false true [] [] true true with "Hk Ho Hof [Ht' Hh' Hsf Hrf] HLs HLr"); [done|by left|done|by split|].
      by iFrame. }
    iIntros "_". wp_pures. wp_apply (ring_all_spec with "Hlr"). iIntros "_". wp_pures.
    wp_apply (ring_all_spec with "Hls"). iIntros "_". by wp_pures.
  Qed.
End operations.
