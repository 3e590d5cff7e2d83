(* SPDX-License-Identifier: BSL-1.0 *)
(** A channel without a buffer: a push and a pop under the lock, where they meet, and the lines. *)
From iris.base_logic.lib Require Import invariants cancelable_invariants mono_nat ghost_var ghost_map.
From iris.program_logic Require Import atomic.
From iris.heap_lang Require Import proofmode notation.
From sluice Require Import chan chan_wait chan_rendezvous.

Section locked.
  Context `{!heapGS Σ, !chanG Σ} (N : namespace) (idle lap : Z).
  Implicit Types (c : channel) (a w e : loc) (xs vs : list val) (m side ok waits : bool) (P : party) (L : list (loc * party)).
  Notation E := (⊤ ∖ ↑N).
  Notation content c := (content (c_ring c)).
  Notation parties := (parties N 0). Notation rings := (rings N 0). Notation gives := (gives N 0). Notation to_ring := (to_ring N 0).
  Notation wants := (wants N 0). Notation waiting := (waiting N 0).
  Notation push_update := (push_update N 0). Notation pop_update := (pop_update N).
  Notation is_words := (is_words N idle lap). Notation marks := (marks idle lap).
  Notation state := (state N idle lap). Notation chan_inv := (chan_inv N idle lap). Notation is_chan := (is_chan N idle lap).
  Notation chan_value := (chan_value lap). Notation words_value := (words_value lap).

  Definition shows_whom m Ls Lr (s r : bool) : Prop := (crowd m Ls = true → s = true) ∧ (crowd m Lr = true → r = true).
  Lemma state_intro c m Ls Lr s r :
    (m = true → Ls = [] ∧ Lr = []) → Ls = [] ∨ Lr = [] → shows_whom m Ls Lr s r →
    open c m -∗ marks c s r -∗ parties c true Ls -∗ parties c false Lr -∗ state c m Ls Lr.
  Proof. iIntros (HP1 HP2 HP3) "$ H $ $". iSplitL; last (iPureIntro; naive_solver). iExists s, r. by iFrame. Qed.
  Lemma chan_inv_intro c m Ls Lr s r :
    (m = true → Ls = [] ∧ Lr = []) → Ls = [] ∨ Lr = [] → shows_whom m Ls Lr s r →
    open c m -∗ marks c s r -∗ parties c true Ls -∗ parties c false Lr -∗ chan_inv c.
  Proof. iIntros (HP1 HP2 HP3) "H1 H2 H3 H4". iExists m, Ls, Lr. by iApply (state_intro with "H1 H2 H3 H4"). Qed.

  Lemma is_closed_spec c m (rv : val) :
    {{{ open c m }}} is_closed (channel_value c rv) {{{ RET #m; open c m }}}.
  Proof. iIntros (Φ) "Ho HΦ". wp_lam. wp_pures. wp_load. destruct m; wp_pures; by iApply "HΦ". Qed.

  (** ** A push and a pop under the lock *)
  (** what an attempt leaves behind; "none" leaves who waits with what it wants, and nobody of the other side in line *)
  Definition tried_push c waits (v : val) (Φ : val → iProp Σ) (x : answer) : iProp Σ :=
    match x with
    | unfinished => False
    | none => (∃ Ls, state c false Ls []) ∗ if waits then push_update c true v Φ else Φ #(code none)
    | _ => chan_inv c ∗ Φ #(code x)
    end.
  Lemma push_or_claim_spec c waits v Φ :
    {{{ is_words c ∗ chan_inv c ∗ push_update c waits v Φ }}} push_or_claim (chan_value c) v
    {{{ x q, RET ((#(code x), #()), ptr q); gives c v q ∗ tried_push c waits v Φ x }}}.
  Proof.
    iIntros (Ψ) "(#Hw & Hi & AU) HΨ". iDestruct "Hi" as (m Ls Lr) "(Ho & Hws & HLs & HLr & %HP)".
    wp_lam. wp_pures. wp_apply (is_closed_spec with "Ho"). iIntros "Ho". destruct m; wp_pures.
    { iMod (locked_step N idle lap c true (Φ #(code closed)) with "Hw Ho [AU]") as "[Ho HΦ]".
      { iIntros "Hc". by iApply (push_commit _ _ _ _ _ _ closed with "AU Hc"). }
      iModIntro. iApply ("HΨ" $! closed None). iSplit; first done. iFrame "HΦ". iExists true, Ls, Lr. by iFrame. }
    wp_apply (take_spec with "HLr"). iIntros ([a|]) "H"; wp_pures; iDestruct "Hws" as (s r) "[Hws [%Hs %Hr]]"; last first.
    { iDestruct "H" as "[-> HLr]".
      iDestruct (state_intro c false Ls [] s r with "Ho Hws HLs HLr") as "Hs"; [done|by right|done|]. destruct waits.
      - iApply ("HΨ" $! none None). iModIntro. iSplit; first done. iFrame "AU". iExists Ls. by iFrame.
      - iDestruct "Hs" as "(Ho & Hs)".
        iMod (locked_step N idle lap c false (Φ #(code none)) with "Hw Ho [AU]") as "[Ho HΦ]".
        { iIntros "Hc". by iApply (push_commit _ _ _ _ _ _ none with "AU Hc"). }
        iModIntro. iApply ("HΨ" $! none None). iSplit; first done. iFrame "HΦ". iExists Ls. iFrame "Ho Hs". }
    iDestruct "H" as (P L' Φ' ->) "(HLr & Hcl & Hsv & Hwt)". destruct HP as [_ [->|?]]; last done.
    iDestruct "Hwt" as (v0) "[Hv AU']". iMod (exchange with "Hw Ho AU AU'") as "(Ho & HΦ & HΦ')".
    iApply ("HΨ" $! moved (Some a)). iModIntro. iSplitR "HΦ Ho HLs HLr Hws"; first (iExists P, Φ', v0; iFrame).
    iFrame "HΦ". iApply (chan_inv_intro c false [] L' s r with "Ho Hws HLs HLr"); [done|by left|].
    split; [done|intros _; by apply Hr].
  Qed.

  Definition tried_pop c waits (Φ : val → iProp Σ) (x : answer) (v : val) : iProp Σ :=
    match x with
    | unfinished => False
    | none => ⌜v = #()⌝ ∗ (∃ Lr, state c false [] Lr) ∗ if waits then pop_update c true Φ else Φ (#(code none), #())%V
    | _ => chan_inv c ∗ Φ (#(code x), v)%V
    end.
  Lemma pop_locked_spec c waits Φ :
    {{{ is_words c ∗ chan_inv c ∗ pop_update c waits Φ }}} pop_locked (chan_value c)
    {{{ x v s, RET ((#(code x), v), ptr s); rings c s ∗ tried_pop c waits Φ x v }}}.
  Proof.
    iIntros (Ψ) "(#Hw & Hi & AU) HΨ". iDestruct "Hi" as (m Ls Lr) "(Ho & Hws & HLs & HLr & %HP)".
    iDestruct "Hws" as (sh r) "[Hws [%Hsh %Hr]]".
    wp_lam. wp_pures. wp_apply (take_spec with "HLs"). iIntros ([a|]) "H"; wp_pures; last first.
    { iDestruct "H" as "[-> HLs]". wp_apply (is_closed_spec with "Ho"). iIntros "Ho". destruct m; wp_pures.
      { iMod (locked_step N idle lap c true (Φ (#(code closed), #())%V) with "Hw Ho [AU]") as "[Ho HΦ]".
        { iIntros "Hc". by iApply (pop_refuse _ _ _ _ closed with "AU Hc"). }
        iModIntro. iApply ("HΨ" $! closed #() None). iSplit; first done. iFrame "HΦ".
        iApply (chan_inv_intro c true [] Lr sh r with "Ho Hws HLs HLr"); [naive_solver|by left|by split]. }
      iDestruct (state_intro c false [] Lr sh r with "Ho Hws HLs HLr") as "Hs"; [done|by left|by split|]. destruct waits.
      - iApply ("HΨ" $! none #() None). iModIntro. iSplit; first done. iSplit; first done. iFrame "AU". iExists Lr. by iFrame.
      - iDestruct "Hs" as "(Ho & Hs)".
        iMod (locked_step N idle lap c false (Φ (#(code none), #())%V) with "Hw Ho [AU]") as "[Ho HΦ]".
        { iIntros "Hc". by iApply (pop_refuse _ _ _ _ none with "AU Hc"). }
        iModIntro. iApply ("HΨ" $! none #() None). iSplit; first done. iSplit; first done. iFrame "HΦ". iExists Lr. iFrame "Ho Hs". }
    iDestruct "H" as (P L' Φ' ->) "(HLs & Hcl & Hsv & Hwt)". destruct HP as [HP [?| ->]]; first done.
    assert (m = false) as -> by (destruct m; [by destruct HP|done]).
    iDestruct "Hwt" as (v) "[Hv AU']". iMod (exchange with "Hw Ho AU' AU") as "(Ho & HΦ' & HΦ)".
    iDestruct "Hcl" as "(#Iw & Hq & Hst & Ha & Hf)". wp_load. wp_pures. wp_load. wp_pures. wp_store. wp_pures.
    iApply ("HΨ" $! moved v (Some a)). iModIntro. iSplitR "HΦ Ho HLs HLr Hws".
    { iExists true, P, Φ', true. iFrame "Iw Hq Hst Ha Hf Hsv". iExists v. iFrame. }
    iFrame "HΦ". iApply (chan_inv_intro c false L' [] sh r with "Ho Hws HLs HLr"); [done|by right|].
    split; [intros _; by apply Hsh|done].
  Qed.

  (** ** Into a line, and out of it by who gives up *)
  Lemma line_up_sender_spec c Ls a w e v Φ :
    {{{ is_words c ∗ state c false Ls [] ∗ node w e a ∗ e ↦ v ∗ push_update c true v Φ }}}
      line_up_sender (chan_value c) #a
    {{{ RET #true; chan_inv c ∗ ∃ P, ⌜p_waiter P = w ∧ p_element P = e⌝ ∗ waiting c true a P Φ }}}.
  Proof.
    iIntros (Ψ) "(#Hw & (Ho & Hws & HLs & HLr & %HP) & (Hf & Ha & Hsv & Hb) & Hv & AU) HΨ". wp_lam. wp_pures.
    iDestruct "Hws" as (s r) "[Hws [%Hs %Hr]]". wp_apply (senders_shown_spec with "[$Hw $Ho $Hws]"). iIntros "[Ho Hws]". wp_pures.
    wp_apply (append_party with "[$HLs $Hf $Ha $Hsv $Hb Hv AU]"); first (iExists v; iFrame).
    iIntros (P) "(%HPw & HLs & Hwt)". wp_pures. iApply "HΨ". iModIntro. iSplitR "Hwt"; last (iExists P; by iFrame).
    iApply (chan_inv_intro c false (Ls ++ [(a, P)]) [] with "Ho Hws HLs HLr"); [done|by right|by split].
  Qed.
  Lemma line_up_receiver_spec c Lr a w e v Φ :
    {{{ is_words c ∗ state c false [] Lr ∗ node w e a ∗ e ↦ v ∗ pop_update c true Φ }}}
      line_up_receiver (chan_value c) #a
    {{{ RET #true; chan_inv c ∗ ∃ P, ⌜p_waiter P = w ∧ p_element P = e⌝ ∗ waiting c false a P Φ }}}.
  Proof.
    iIntros (Ψ) "(#Hw & (Ho & Hws & HLs & HLr & %HP) & (Hf & Ha & Hsv & Hb) & Hv & AU) HΨ". wp_lam. wp_pures.
    iDestruct "Hws" as (s r) "[Hws [%Hs %Hr]]". wp_apply (receivers_shown_spec with "[$Hw $Ho $Hws]"). iIntros "[Ho Hws]". wp_pures.
    wp_apply (append_party with "[$HLr $Hf $Ha $Hsv $Hb Hv AU]"); first (iExists v; iFrame).
    iIntros (P) "(%HPw & HLr & Hwt)". wp_pures. iApply "HΨ". iModIntro. iSplitR "Hwt"; last (iExists P; by iFrame).
    iApply (chan_inv_intro c false [] (Lr ++ [(a, P)]) with "Ho Hws HLs HLr"); [done|by left|by split].
  Qed.

  Lemma leave_senders_spec c a P Φ :
    {{{ is_words c ∗ chan_inv c ∗ waiting c true a P Φ }}} leave_senders (chan_value c) #a
    {{{ (b : bool), RET #b; chan_inv c ∗ if b then frame a (p_waiter P) ∗ wants c true (p_element P) Φ else waiting c true a P Φ }}}.
  Proof.
    iIntros (Ψ) "(#Hw & Hi & Hwt) HΨ". iDestruct "Hi" as (m Ls Lr) "(Ho & Hws & HLs & HLr & %HP)".
    wp_lam. wp_pures. wp_apply (leave_spec with "[$HLs $Hwt]"). iIntros ([]) "H"; wp_pures; last first.
    { iDestruct "H" as "[HLs Hwt]". iApply "HΨ". iModIntro. iFrame "Hwt". iExists m, Ls, Lr. by iFrame. }
    iDestruct "H" as (A B ->) "(HLs & Hf & Hwt)". destruct HP as [HP [Hn| ->]]; first by destruct A.
    assert (m = false) as -> by (destruct m; [destruct HP; [done|by destruct A]|done]).
    iDestruct "Hws" as (s r) "[Hws [%Hs %Hr]]".
    wp_apply (no_more_spec N idle lap c true (A ++ B) s r with "[$Hw $Ho $Hws $HLs]"); first (apply Hs; by destruct A).
    iIntros (?) "(Ho & HLs & Hws)". wp_pures. iApply "HΨ". iModIntro. iFrame "Hf Hwt".
    iApply (chan_inv_intro c false (A ++ B) [] with "Ho Hws HLs HLr"); [done|by right|by split].
  Qed.
  Lemma leave_receivers_spec c a P Φ :
    {{{ is_words c ∗ chan_inv c ∗ waiting c false a P Φ }}} leave_receivers (chan_value c) #a
    {{{ (b : bool), RET #b; chan_inv c ∗ if b then frame a (p_waiter P) ∗ wants c false (p_element P) Φ else waiting c false a P Φ }}}.
  Proof.
    iIntros (Ψ) "(#Hw & Hi & Hwt) HΨ". iDestruct "Hi" as (m Ls Lr) "(Ho & Hws & HLs & HLr & %HP)".
    wp_lam. wp_pures. wp_apply (leave_spec with "[$HLr $Hwt]"). iIntros ([]) "H"; wp_pures; last first.
    { iDestruct "H" as "[HLr Hwt]". iApply "HΨ". iModIntro. iFrame "Hwt". iExists m, Ls, Lr. by iFrame. }
    iDestruct "H" as (A B ->) "(HLr & Hf & Hwt)". destruct HP as [HP [->|Hn]]; last by destruct A.
    assert (m = false) as -> by (destruct m; [destruct HP; [done|by destruct A]|done]).
    iDestruct "Hws" as (s r) "[Hws [%Hs %Hr]]".
    wp_apply (no_more_spec N idle lap c false (A ++ B) s r with "[$Hw $Ho $Hws $HLr]"); first (apply Hr; by destruct A).
    iIntros (?) "(Ho & HLr & Hws)". wp_pures. iApply "HΨ". iModIntro. iFrame "Hf Hwt".
    iApply (chan_inv_intro c false [] (A ++ B) with "Ho Hws HLs HLr"); [done|by left|by split].
  Qed.
End locked.
