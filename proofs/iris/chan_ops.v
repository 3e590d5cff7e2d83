(* SPDX-License-Identifier: BSL-1.0 *)
(** A channel with a buffer is a bounded FIFO with close: each operation is one step of it, for any number of threads and any
    capacity.

    try_push, try_pop: "full" and "empty" are exact. push, pop: they end with an element moved, with "closed", or, given a limit,
    having done nothing. "closed" is answered to a push once the channel is closed, and to a pop once it is closed and drained.
    close says whether it was the first; after it no push is successful. *)
From iris.base_logic.lib Require Import invariants cancelable_invariants mono_nat ghost_var ghost_map.
From iris.program_logic Require Import atomic.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.
From sluice Require chan_ring_push chan_ring_pop waiter_owner select_lines.
From sluice Require Import chan chan_ring_bars chan_wait chan_locked.

Section operations.
  Context `{!heapGS Σ, !chanG Σ} (N : namespace) (n : nat) (lap : Z).
  Implicit Types (c : channel) (a w e : loc) (xs vs : list val) (m side ok waits : bool) (P : party) (L : list (loc * party)).
  Notation E := (⊤ ∖ ↑N).
  Notation chan_value := (chan_value n lap).
  Notation content c := (content (c_ring c)).
  Notation parties := (parties N n). Notation rings := (rings N n). Notation to_ring := (to_ring N n).
  Notation wants := (wants N n). Notation state := (state N n). Notation chan_inv := (chan_inv N n).
  Notation push_update := (push_update N n). Notation pop_update := (pop_update N).
  Notation is_buffer c := (is_ring (N .@ "ring") n lap (c_ring c)).
  Notation waiting := (waiting N n). Notation is_chan := (is_chan N n lap).

  (** ** Attempts until it is decided *)
  Lemma until_decided_spec c (attempt otherwise give : val) (A : iProp Σ) (G : loc → iProp Σ) (R : val → iProp Σ) (Q : answer → val → iProp Σ) :
    {{{ is_buffer c ∗ chan_inv c ∗ A }}} attempt #()
    {{{ x v s, RET ((#(code x), v), ptr s); of_claimed G s ∗
        match x with unfinished => chan_inv c ∗ A | none => R v | _ => chan_inv c ∗ Q x v end }}} →
    (∀ a, {{{ G a }}} give #a {{{ RET #(); to_ring c a }}}) →
    (∀ v, {{{ is_buffer c ∗ R v }}} otherwise #() {{{ (b : bool), RET #b; chan_inv c ∗ if b then Q none v else A }}}) →
    {{{ is_chan c ∗ A }}} until_decided (chan_value c) attempt otherwise give {{{ x v, RET (#(code x), v); ⌜x ≠ unfinished⌝ ∗ Q x v }}}.
  Proof.
    iIntros (Ha Hg Ho Φ) "[#[Hl Hr] HA] HΦ".
    iApply (chan_wait.until_decided_spec N n c _ _ _ _ (chan_inv c) (is_buffer c) A G R Q Ha Hg Ho with "[$Hl $Hr $HA] HΦ").
  Qed.
  Lemma push_until c (v : val) Φ :
    {{{ is_chan c ∗ push_update c false v Φ }}} until_decided (chan_value c) (λ: <>, push_or_claim (chan_value c) v)%V (λ: <>, #true)%V
      (λ: "n", hand_over v "n")%V
    {{{ x v, RET (#(code x), v); Φ #(code x) }}}.
  Proof.
    iIntros (Ψ) "H HΨ". iApply (until_decided_spec c _ _ _ _ (to_give N n c v) (λ _, chan_inv c ∗ Φ #(code none))%I (λ x _, Φ #(code x))%I with "H").
    - iIntros (Ψ') "(#Hr & Hi & AU) HΨ'". wp_pures. wp_apply (push_or_claim_spec with "[$Hr $Hi $AU]"). iIntros (x s) "[Hs H]".
      iApply "HΨ'". iFrame "Hs". destruct x; try done. iDestruct "H" as "[H $]". iDestruct "H" as (Ls) "H". by iExists _, _, _.
    - iIntros (a Ψ') "H HΨ'". wp_pures. by wp_apply (hand_over_spec with "H").
    - iIntros (w Ψ') "(_ & Hi & HΦ) HΨ'". wp_pures. iApply "HΨ'". by iFrame.
    - iIntros "!>" (x w) "[_ H]". by iApply "HΨ".
  Qed.
  Lemma pop_until c Φ :
    {{{ is_chan c ∗ pop_update c false Φ }}} until_decided (chan_value c) (λ: <>, pop_locked (chan_value c))%V (λ: <>, #true)%V (λ: "n", #())%V
    {{{ v, RET v; Φ v }}}.
  Proof.
    iIntros (Ψ) "H HΨ". iApply (until_decided_spec c _ _ _ _ (to_ring c) (λ v, ⌜v = #()⌝ ∗ chan_inv c ∗ Φ (#(code none), #())%V)%I (λ x v, Φ (#(code x), v)%V)%I with "H").
    - iIntros (Ψ') "(#Hr & Hi & AU) HΨ'". wp_pures. wp_apply (pop_locked_spec with "[$Hr $Hi $AU]"). iIntros (x v s) "[Hs H]".
      iApply "HΨ'". iFrame "Hs". destruct x; try done. iDestruct "H" as (->) "[H $]". iDestruct "H" as (Lr) "H". iSplit; first done. by iExists _, _, _.
    - iIntros (a Ψ') "H HΨ'". wp_pures. by iApply "HΨ'".
    - iIntros (w Ψ') "(_ & -> & Hi & HΦ) HΨ'". wp_pures. iApply "HΨ'". by iFrame.
    - iIntros "!>" (x w) "[_ H]". by iApply "HΨ".
  Qed.

  (** ** The try forms *)
  Theorem try_push_spec c (v : val) :
    is_chan c -∗
    <<< ∀∀ vs m, content c vs m >>> try_push (chan_value c) v @ ↑N
    <<< ∃∃ x, content c (pushed x v vs) m ∗ ⌜push_answer n false vs m x⌝, RET #(code x) >>>.
  Proof.
    iIntros "#Hc" (Φ) "AU". iDestruct "Hc" as "[Hl Hr]". iAssert (is_chan c) as "#Hc"; first by iSplit. wp_lam. wp_pures.
    awp_apply (chan_ring_push.push_spec (N .@ "ring") n lap (c_ring c) None v with "Hr [//]").
    iApply (aacc_aupd with "AU"); first apply mask_buffer. iIntros (vs m) "Hco". iAaccIntro with "Hco".
    { iIntros "$ !> $ //". }
    iIntros (x) "(Hco & _ & %Hx) !>". destruct x; try done.
    - iRight. iExists moved. iFrame "Hco". iSplit; first (iPureIntro; destruct Hx; split; [done|lia]). iIntros "HΦ !>". wp_pures. compare. by iModIntro.
    - iRight. iExists none. iFrame "Hco". iSplit; first done. iIntros "HΦ !>". wp_pures. compare. by iModIntro.
    - iLeft. iFrame "Hco". iIntros "AU !>". wp_pures. compare. wp_apply (push_until with "[$Hc $AU]"). iIntros (x w) "HΦ". by wp_pures.
    - iLeft. iFrame "Hco". iIntros "AU !>". wp_pures. compare. wp_apply (push_until with "[$Hc $AU]"). iIntros (x w) "HΦ". by wp_pures.
  Qed.
  Theorem try_pop_spec c :
    is_chan c -∗
    <<< ∀∀ vs m, content c vs m >>> try_pop (chan_value c) @ ↑N
    <<< ∃∃ x, pop_answer c false vs m x, RET popped_value x >>>.
  Proof.
    iIntros "#Hc" (Φ) "AU". iDestruct "Hc" as "[Hl Hr]". iAssert (is_chan c) as "#Hc"; first by iSplit. wp_lam. wp_pures.
    awp_apply (chan_ring_pop.pop_spec (N .@ "ring") n lap (c_ring c) None with "Hr [//]").
    iApply (aacc_aupd with "AU"); first apply mask_buffer. iIntros (vs m) "Hco". iAaccIntro with "Hco".
    { iIntros "$ !> $ //". }
    iIntros (x) "[Hx _] !>". destruct x as [u|x].
    { iDestruct "Hx" as (rest ->) "Hco". iRight. iExists (Got u). iSplitL "Hco"; first (iExists rest; by iFrame).
      iIntros "HΦ !>". wp_pures. compare. by iModIntro. }
    iDestruct "Hx" as "[Hco Hx]". destruct x; try (by iDestruct "Hx" as %[]).
    - iDestruct "Hx" as %(-> & -> & _). iRight. iExists (Not none). iFrame "Hco". iSplit; first done.
      iIntros "HΦ !>". wp_pures. compare. by iModIntro.
    - iLeft. iFrame "Hco". iIntros "AU !>". wp_pures. compare. wp_apply (pop_until with "[$Hc $AU]"). iIntros (u) "HΦ". iExact "HΦ".
    - iLeft. iFrame "Hco". iIntros "AU !>". wp_pures. compare. wp_apply (pop_until with "[$Hc $AU]"). iIntros (u) "HΦ". iExact "HΦ".
  Qed.

  (** ** In line *)
  Lemma wait_in_line_spec c side a P Φ' (leave : val) :
    {{{ is_buffer c ∗ chan_inv c ∗ waiting c side a P Φ' }}} leave #()
    {{{ (b : bool), RET #b; chan_inv c ∗ if b then frame a (p_waiter P) ∗ wants c side (p_element P) Φ' else waiting c side a P Φ' }}} →
    {{{ is_chan c ∗ waiting c side a P Φ' }}} wait_in_line (chan_value c) #(p_waiter P) #a leave
    {{{ x, RET #(code x); frame a (p_waiter P) ∗ if decide (x = quit) then wants c side (p_element P) Φ' else answered side (p_element P) Φ' x }}}.
  Proof.
    iIntros (Hleave Φ) "[#[Hl Hr] Hw] HΦ".
    iApply (chan_wait.wait_in_line_spec N n c _ leave (chan_inv c) (is_buffer c) side a P Φ' Hleave with "[$Hl $Hr $Hw] HΦ").
  Qed.
  Lemma push_waiting_spec c (v : val) Φ : is_chan c -∗ push_update c true v Φ -∗ WP push_waiting (chan_value c) v {{ Φ }}.
  Proof.
    iIntros "#Hc AU". iAssert (is_buffer c) as "#Hr"; first by iDestruct "Hc" as "[_ $]".
    wp_lam. wp_pures. wp_apply waiter_owner.new_waiter_spec; first done. iIntros (w) "[Hz Hb]". wp_pures.
    wp_alloc e as "Hv". wp_pures. wp_apply (select_lines.new_node_spec w 0 e); first done. iIntros (a) "(Hf & Hs & Ha)". wp_pures.
    wp_apply (until_decided_spec c _ _ _ (e ↦ v ∗ node w e a ∗ push_update c true v Φ)%I (to_give N n c v)
      (λ _, (∃ Ls, state c false Ls []) ∗ e ↦ v ∗ node w e a ∗ push_update c true v Φ)%I
      (λ x _, if decide (x = none) then ∃ P, ⌜p_waiter P = w ∧ p_element P = e⌝ ∗ waiting c true a P Φ
              else e ↦ v ∗ node w e a ∗ Φ #(code x))%I with "[$Hc $Hv $Hf $Ha $Hs $Hb $AU]").
    { iIntros (Ψ) "(#Hr & Hi & Hv & Hn & AU) HΨ". wp_pures. wp_apply (push_or_claim_spec with "[$Hr $Hi $AU]"). iIntros (x s) "[Hs H]".
      iApply "HΨ". iFrame "Hs". destruct x; iDestruct "H" as "[$ $]"; iFrame. }
    { iIntros (a' Ψ) "H HΨ". wp_pures. by wp_apply (hand_over_spec with "H"). }
    { iIntros (x Ψ) "(#Hr & Hi & Hv & (Hf & Ha & Hs & Hb) & AU) HΨ". iDestruct "Hi" as (Ls) "Hi". wp_pures.
      wp_apply (line_up_sender_spec with "[$Hr $Hi $Hf $Ha $Hs $Hb $Hv $AU]"). iIntros (b) "[Hi H]". iApply "HΨ". iFrame "Hi".
      destruct b; first done. iDestruct "H" as "($ & $ & $ & $ & $ & $)". }
    iIntros (x u) "[%Hx H]". wp_pures. destruct (decide (x = none)) as [->|Hne].
    - compare. iDestruct "H" as (P [HPw HPe]) "Hw". rewrite -HPw.
      wp_apply (wait_in_line_spec c true a P Φ (λ: <>, leave_senders (chan_value c) #a)%V with "[$Hc $Hw]").
      { iIntros (Ψ) "(#Hr & Hi & Hw) HΨ". wp_pures. wp_apply (leave_senders_spec with "[$Hr $Hi $Hw]"). iIntros (b) "H". by iApply "HΨ". }
      iIntros (x) "[Hfr H]". wp_pures. rewrite HPe. case_decide as Hq.
      + subst x. iDestruct "H" as (v') "[Hv AU]". iMod (push_quit with "AU") as "HΦ". iApply (end_frame with "Hfr Hz Hv HΦ").
      + iDestruct "H" as (ok ->) "H". iDestruct "H" as (v') "[Hv HΦ]". by iApply (end_frame with "Hfr Hz Hv").
    - iDestruct "H" as "(Hv & Hn & HΦ)". rewrite bool_decide_eq_false_2; last by destruct x. wp_pures.
      iDestruct (node_frame with "Hn") as "Hfr". iApply (end_frame with "Hfr Hz Hv HΦ").
  Qed.
  Lemma pop_waiting_spec c Φ : is_chan c -∗ pop_update c true Φ -∗ WP pop_waiting (chan_value c) {{ Φ }}.
  Proof.
    iIntros "#Hc AU". iAssert (is_buffer c) as "#Hr"; first by iDestruct "Hc" as "[_ $]".
    wp_lam. wp_pures. wp_apply waiter_owner.new_waiter_spec; first done. iIntros (w) "[Hz Hb]". wp_pures.
    wp_alloc e as "Hv". wp_pures. wp_apply (select_lines.new_node_spec w 0 e); first done. iIntros (a) "(Hf & Hs & Ha)". wp_pures.
    wp_apply (until_decided_spec c _ _ _ (e ↦ #() ∗ node w e a ∗ pop_update c true Φ)%I (to_ring c)
      (λ _, (∃ Lr, state c false [] Lr) ∗ e ↦ #() ∗ node w e a ∗ pop_update c true Φ)%I
      (λ x u, if decide (x = none) then ∃ P, ⌜p_waiter P = w ∧ p_element P = e⌝ ∗ waiting c false a P Φ
              else e ↦ #() ∗ node w e a ∗ Φ (#(code x), u)%V)%I with "[$Hc $Hv $Hf $Ha $Hs $Hb $AU]").
    { iIntros (Ψ) "(#Hr & Hi & Hv & Hn & AU) HΨ". wp_pures. wp_apply (pop_locked_spec with "[$Hr $Hi $AU]"). iIntros (x u s) "[Hs H]".
      iApply "HΨ". iFrame "Hs". destruct x; try (iDestruct "H" as "[$ $]"; by iFrame). iDestruct "H" as "(_ & $ & $)". iFrame. }
    { iIntros (a' Ψ) "H HΨ". wp_pures. by iApply "HΨ". }
    { iIntros (x Ψ) "(#Hr & Hi & Hv & (Hf & Ha & Hs & Hb) & AU) HΨ". iDestruct "Hi" as (Lr) "Hi". wp_pures.
      wp_apply (line_up_receiver_spec with "[$Hr $Hi $Hf $Ha $Hs $Hb $Hv $AU]"). iIntros (b) "[Hi H]". iApply "HΨ". iFrame "Hi".
      destruct b; first done. iDestruct "H" as "($ & $ & $ & $ & $ & $)". }
    iIntros (x u) "[%Hx H]". wp_pures. destruct (decide (x = none)) as [->|Hne].
    - compare. iDestruct "H" as (P [HPw HPe]) "Hw". rewrite -HPw.
      wp_apply (wait_in_line_spec c false a P Φ (λ: <>, leave_receivers (chan_value c) #a)%V with "[$Hc $Hw]").
      { iIntros (Ψ) "(#Hr & Hi & Hw) HΨ". wp_pures. wp_apply (leave_receivers_spec with "[$Hr $Hi $Hw]"). iIntros (b) "H". by iApply "HΨ". }
      iIntros (x) "[Hfr H]". wp_pures. rewrite HPe. case_decide as Hq.
      + subst x. iDestruct "H" as (v') "[Hv AU]". iMod (pop_quit with "AU") as "HΦ". compare. iApply (end_frame with "Hfr Hz Hv HΦ").
      + iDestruct "H" as (ok ->) "H". iDestruct "H" as (v') "[Hv HΦ]". destruct ok.
        * compare. wp_load. wp_pures. by iApply (end_frame with "Hfr Hz Hv").
        * compare. by iApply (end_frame with "Hfr Hz Hv").
    - iDestruct "H" as "(Hv & Hn & HΦ)". rewrite bool_decide_eq_false_2; last by destruct x. wp_pures.
      iDestruct (node_frame with "Hn") as "Hfr". iApply (end_frame with "Hfr Hz Hv HΦ").
  Qed.

  (** ** The forms that wait *)
  Theorem push_spec c (v : val) :
    is_chan c -∗
    <<< ∀∀ vs m, content c vs m >>> push_wait (chan_value c) v @ ↑N
    <<< ∃∃ x, content c (pushed x v vs) m ∗ ⌜push_answer n true vs m x⌝, RET #(code x) >>>.
  Proof.
    iIntros "#Hc" (Φ) "AU". iLöb as "IH". iDestruct "Hc" as "[Hl Hr]". iAssert (is_chan c) as "#Hc"; first by iSplit.
    wp_rec. wp_pures. awp_apply (chan_ring_push.push_spec (N .@ "ring") n lap (c_ring c) None v with "Hr [//]").
    iApply (aacc_aupd with "AU"); first apply mask_buffer. iIntros (vs m) "Hco". iAaccIntro with "Hco".
    { iIntros "$ !> $ //". }
    iIntros (x) "(Hco & _ & %Hx) !>". destruct (decide (x = moved)) as [->|Hne].
    - iRight. iExists moved. iFrame "Hco". iSplit; first (iPureIntro; destruct Hx; split; [done|lia]). iIntros "HΦ !>". wp_pures. compare. by iModIntro.
    - iLeft. replace (chan_ring_push.pushed x v vs) with vs by by destruct x. iFrame "Hco". iIntros "AU !>". wp_pures.
      rewrite bool_decide_eq_false_2; last by destruct x. wp_pures. wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures.
      + by iApply "IH".
      + by iApply (push_waiting_spec with "Hc AU").
  Qed.
  Theorem pop_spec c :
    is_chan c -∗
    <<< ∀∀ vs m, content c vs m >>> pop_wait (chan_value c) @ ↑N
    <<< ∃∃ x, pop_answer c true vs m x, RET popped_value x >>>.
  Proof.
    iIntros "#Hc" (Φ) "AU". iLöb as "IH". iDestruct "Hc" as "[Hl Hr]". iAssert (is_chan c) as "#Hc"; first by iSplit.
    wp_rec. wp_pures. awp_apply (chan_ring_pop.pop_spec (N .@ "ring") n lap (c_ring c) None with "Hr [//]").
    iApply (aacc_aupd with "AU"); first apply mask_buffer. iIntros (vs m) "Hco". iAaccIntro with "Hco".
    { iIntros "$ !> $ //". }
    iIntros (x) "[Hx _] !>". destruct x as [u|x].
    { iDestruct "Hx" as (rest ->) "Hco". iRight. iExists (Got u). iSplitL "Hco"; first (iExists rest; by iFrame).
      iIntros "HΦ !>". wp_pures. compare. by iModIntro. }
    iDestruct "Hx" as "[Hco Hx]". iLeft. iFrame "Hco". iAssert ⌜x ≠ moved⌝%I as %Hne; first by destruct x; iDestruct "Hx" as %?.
    iClear "Hx". iIntros "AU !>". wp_pures.
    rewrite bool_decide_eq_false_2; last by destruct x. wp_pures. wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures.
    - by iApply "IH".
    - by iApply (pop_waiting_spec with "Hc AU").
  Qed.

  (** ** close *)
  Lemma take_all_spec c side L t :
    {{{ is_buffer c ∗ parties c side L ∗ pushes_barred (c_ring c) (Some t, true) ∗ (⌜side = true ∨ L = []⌝ ∨ emptied (c_ring c) t) }}}
      take_all #(c_line c side)
    {{{ l, RET (waiters_value l); parties c side [] ∗ pushes_barred (c_ring c) (Some t, true) ∗ [∗ list] a ∈ l, to_ring c a }}}.
  Proof.
    iIntros (Φ) "(#Hr & HL & Hp & #He) HΦ". iInduction L as [|y L] "IH" forall (Φ); wp_rec; wp_apply (take_spec with "HL");
      iIntros ([a|]) "H".
    - iDestruct "H" as (P L' Φ' ?) "_". done.
    - iDestruct "H" as "[_ HL]". wp_pures. iApply ("HΦ" $! []). iModIntro. by iFrame.
    - iDestruct "H" as (P L' Φ' Heq) "(HL & Hcl & Hsv & Hw)". injection Heq as -> <-. wp_pures.
      iDestruct "Hw" as (v) "[Hv AU]".
      iMod (locked_step N n lap c (Some t) true true (negb side) (Φ' (if side then #(code closed) else popped_value (Not closed)))
        with "Hr Hp [] [AU]") as "[Hp HΦ']"; first done.
      { destruct side; simpl; first done. iDestruct "He" as "[%Hf|He']"; first naive_solver. iExists t. by iFrame "He'". }
      { iIntros (vs Hvs) "Hc". destruct side.
        - by iApply (push_commit _ _ _ _ _ _ closed with "AU Hc").
        - rewrite (Hvs eq_refl). by iApply (pop_refuse _ _ _ _ closed with "AU Hc"). }
      wp_apply ("IH" with "[] HL Hp"). { iModIntro. iDestruct "He" as "[%Hf|He']"; [iLeft; iPureIntro; naive_solver|by iRight]. }
      iIntros (l) "(HL & Hp & Hl)". wp_pures. iApply ("HΦ" $! (a :: l)). iModIntro. iFrame. iExists side, P, Φ', false. iFrame.
      iExists v. iFrame "Hv".
    - iDestruct "H" as "[% _]". done.
  Qed.
  Theorem close_spec c :
    is_chan c -∗
    <<< ∀∀ vs m, content c vs m >>> close (chan_value c) @ ↑N <<< content c vs true, RET #(negb m) >>>.
  Proof.
    iIntros "#Hc" (Φ) "AU". iDestruct "Hc" as "[Hl Hr]". iDestruct "Hr" as "[%Hsh I]". iAssert (is_buffer c) as "#Hr"; first by iSplit.
    wp_lam. wp_pures. wp_apply (lock_spec with "Hl"). iIntros "[Hlk Hi]". wp_pures.
    iDestruct "Hi" as (m Ls Lr) "(Hm & HLs & HLr & Hpb & Hqb & %HP)". wp_lam. wp_pures. wp_load.
    iDestruct "Hpb" as (s) "(Hp & %Hs & He)". destruct m; wp_pures.
    { iMod (locked_step N n lap c s true true false (Φ #false) with "Hr Hp [//] [AU]") as "[Hp HΦ]"; first naive_solver.
      { iIntros (vs _) "Hc". iMod "AU" as (vs' m') "[Hc' [_ Hclose]]". iDestruct (ghost_var_agree with "Hc Hc'") as %[= <- <-].
        iFrame "Hc". by iMod ("Hclose" with "Hc'") as "$". }
      wp_apply (unlock_spec with "[$Hl $Hlk Hm HLs HLr Hp He Hqb]").
      { iExists true, Ls, Lr. iFrame. iSplit; last done. iExists s. by iFrame. }
      iIntros "_". by wp_pures. }
    wp_apply (bar_pushes_spec with "[$I $Hp]"); first done. iIntros (t) "[Hp %Ht]". wp_pures. wp_lam. wp_pures. wp_load. wp_pures.
    wp_store.
    iMod (locked_step N n lap c (Some t) false true false (Φ #true) with "Hr Hp [//] [AU]") as "[Hp HΦ]"; first done.
    { iIntros (vs _) "Hc". iMod "AU" as (vs' m') "[Hc' [_ Hclose]]". iDestruct (ghost_var_agree with "Hc Hc'") as %[= <- <-].
      iMod (ghost_var_update_halves (vs, true) with "Hc Hc'") as "[$ Hc']". by iMod ("Hclose" with "Hc'") as "$". }
    wp_pures. wp_apply (take_all_spec c false Lr t with "[$Hr $HLr $Hp He]").
    { iDestruct "He" as "[->|He]"; first (iLeft; iPureIntro; by right). iDestruct "He" as (t') "[-> He]".
      assert (Some t' = Some t) as [= ->] by by apply Ht. by iRight. }
    iIntros (lr) "(HLr & Hp & Hrr)". wp_pures. wp_apply (line_empty with "HLs"). iIntros "HLs".
    wp_bind (If _ _ _). iApply (wp_wand _ _ _ (λ u, ∃ l, ⌜u = waiters_value l⌝ ∗ parties c true [] ∗ pop_bar n c [] ∗
      pushes_barred (c_ring c) (Some t, true) ∗ [∗ list] a ∈ l, to_ring c a)%I with "[HLs Hp Hqb]").
    { case_bool_decide as HL; wp_pures.
      - subst Ls. iModIntro. iExists []. iSplit; first done. iFrame "HLs Hqb Hp". by simpl.
      - destruct Ls as [|y Ls]; first done. iDestruct "Hqb" as (h) "[Hq _]". wp_apply (let_pops_spec with "[$I $Hq]"). iIntros "Hq".
        wp_pures. wp_apply (take_all_spec c true (y :: Ls) t with "[$Hr $HLs $Hp]"); first (iLeft; iPureIntro; by left).
        iIntros (l) "(HLs & Hp & Hls)". iExists l. by iFrame. }
    iIntros (u) "H". iDestruct "H" as (ls ->) "(HLs & Hqb & Hp & Hls)". wp_pures.
    wp_apply (unlock_spec with "[$Hl $Hlk Hm HLs HLr Hp Hqb]").
    { iApply (chan_inv_intro N n c true [] [] with "Hm HLs HLr [Hp] Hqb"); [done|by left|].
      iApply (push_bar_intro with "Hp"); [naive_solver|by iLeft]. }
    iIntros "_". wp_pures. wp_apply (ring_all_spec with "Hrr"). iIntros "_". wp_pures.
    wp_apply (ring_all_spec with "Hls"). iIntros "_". by wp_pures.
  Qed.
End operations.
